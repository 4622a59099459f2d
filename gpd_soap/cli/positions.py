"""`gpd-soap position` and `gpd-soap history`: restore a position, and print what happened to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import (
    CommandGroup,
    command_actor,
    limited,
    of_organization,
    read,
    ready_store,
    record,
    refusals,
)

if TYPE_CHECKING:
    from gpd_soap.store.events.read import StoredEvent


@click.group(cls=CommandGroup)
def position() -> None:
    """Change debt positions."""


@position.command("restore")
@click.argument("iupd")
@of_organization
@click.option("--reason", required=True, help="Why the position is restored.")
@click.option("--due-date", metavar="DATE", help="New due date of the notices that have expired.")
def restore(iupd: str, organization: str, reason: str, due_date: str | None) -> None:
    """Make a withdrawn or expired position payable again, under its own numbers."""
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases.positions.locking import PositionRef
    from gpd_soap.usecases.positions.manage import Ledger
    from gpd_soap.validation.queries.positions import Restoration

    fields = {"reason": reason} | ({} if due_date is None else {"dueDate": due_date})
    body = read(Restoration, **fields)
    ledger = Ledger(ready_store(), utc_now, command_actor(), record())
    with refusals():
        ledger.restore(
            PositionRef(organization, iupd, lambda _etag: True), body.reason, body.due_date
        )
    click.echo("restored")


@click.command()
@click.argument("iupd")
@of_organization
@limited(1000)
def history(iupd: str, organization: str, limit: int) -> None:
    """Print what happened to a position, one event on a line, the oldest first.

    A line shows the time, type, notice, actor and data. A deleted position has its history too.
    """
    from gpd_soap.store.database.paging import PageRequest
    from gpd_soap.usecases.history import history as use_case

    with refusals():
        events, _ = use_case(ready_store(), organization, iupd, PageRequest(limit, 0))
    for event in events:
        click.echo(_line(event))


def _line(event: StoredEvent) -> str:
    from gpd_soap.core import rome

    time = event.written_at.astimezone(rome.ROME).isoformat(timespec="milliseconds")
    actor = f"{event.actor_kind} {event.actor}"
    data = json.dumps(event.data, ensure_ascii=False)
    return f"{time}  {event.type}  {event.nav or '-'}  {actor}  {data}"
