"""`gpd-soap audit`: the changes that were made over the admin face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import code, ready_store
from gpd_soap.cli.output import print_line

if TYPE_CHECKING:
    from gpd_soap.store.access.audit import Change

#: LIMIT: lines of one listing.
MAX_LINES = 100_000


@click.command()
@click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Fiscal code of an organization; without it, the changes of all are printed.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, MAX_LINES),
    default=20,
    show_default=True,
    help="Lines to print at most.",
)
def audit(organization: str | None, limit: int) -> None:
    """Print the changes made over the admin face, one on a line, the newest first.

    A line shows the time, organization, key, request, status and request id. Refused changes are
    printed too.
    """
    from gpd_soap.store.access import audit as audit_rows
    from gpd_soap.store.database.paging import PageRequest
    from gpd_soap.store.database.transaction import read_only

    page = PageRequest(limit, 0)
    changes, _ = read_only(ready_store(), lambda c: audit_rows.page(c, organization, page))
    for change in changes:
        print_line(_line(change))


def _line(change: Change) -> str:
    from gpd_soap.core import rome

    time = change.requested_at.astimezone(rome.ROME).isoformat(timespec="milliseconds")
    key = f"{change.key_id} ({change.key_name})"
    outcome = f"{change.method} {change.path}  {change.status}"
    return f"{time}  {change.organization}  {key}  {outcome}  {change.request_id}"
