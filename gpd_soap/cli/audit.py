"""`gpd-soap audit`: what keys and commands changed, and which persons' data keys read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import as_errors, code, limited, read, ready_store
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from gpd_soap.store.access.audit import Change


@click.command()
@click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Fiscal code of an organization; without it, the rows of all are printed.",
)
@click.option(
    "--kind",
    type=click.Choice(["change", "read", "all"]),
    default="change",
    show_default=True,
    help="Print changes, readings of persons' data, or both.",
)
@click.option("--key", metavar="ID", help="Id of the key that acted.")
@click.option("--user", metavar="NAME", help="User of the machine that ran the command.")
@click.option(
    "--notice",
    "nav",
    metavar="NUMBER",
    help="Notice number (NAV), 18 digits; also finds its position and its receipts.",
)
@click.option("--iupd", metavar="IUPD", help="Id of the position.")
@click.option("--receipt-id", "receiptId", metavar="ID", help="Id of the receipt.")
@click.option("--from", "first", metavar="WHEN", help="First day or date-time, in Rome.")
@click.option("--to", "last", metavar="WHEN", help="Last day or date-time, in Rome, included.")
@limited(20)
@click.option("--json", "as_json", is_flag=True, help="Print each row as a JSON object on a line.")
def audit(organization: str | None, limit: int, *, as_json: bool, **filters: str | None) -> None:
    """Print what was changed and by whom, one row on a line, the newest first.

    A line shows the time, organization, key or user, request or command, status, request id and
    what the request was about. Refused requests are printed too.
    """
    from gpd_soap.api.audit import responses
    from gpd_soap.store.database.paging import PageRequest
    from gpd_soap.usecases.access import audit as use_case
    from gpd_soap.validation.queries.audit import AuditSearch

    named = {{"first": "from", "last": "to"}.get(name, name): filters[name] for name in filters}
    search = read(AuditSearch, **{name: v for name, v in named.items() if v is not None})
    with as_errors():
        query = use_case.question(search)
    rows, _ = use_case.page(ready_store(), organization, PageRequest(limit, 0), query)
    for row in rows:
        body = responses.change(row)
        print_line(json.dumps(body) if as_json else _line(row))


def _line(change: Change) -> str:
    from gpd_soap.core import rome
    from gpd_soap.store.access.audit import ActorKind

    time = change.requested_at.astimezone(rome.ROME).isoformat(timespec="milliseconds")
    if change.actor_kind == ActorKind.KEY:
        actor = f"{change.key_id} ({change.key_name})"
        outcome = f"{change.method} {change.path}  {change.status}  {change.request_id}"
    else:
        actor, outcome = f"{change.actor_kind} of {change.actor}", change.path
    about = [v for v in (change.nav, change.iupd, change.receipt_id, change.resource) if v]
    return "  ".join([time, change.organization, actor, outcome, *about])
