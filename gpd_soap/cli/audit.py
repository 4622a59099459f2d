"""`gpd-soap audit`: who changed what over the admin face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import code, ready_store

if TYPE_CHECKING:
    from gpd_soap.store.access.audit import Change

#: LIMIT: what a screen or a pipe takes at once.
MOST = 100_000


@click.command()
@click.option("--organization", metavar="CODE", callback=code, help="Of this one [of all].")
@click.option("--limit", type=click.IntRange(1, MOST), default=20, show_default=True)
def audit(organization: str | None, limit: int) -> None:
    """Print a line for each change over the admin face, refused ones too, the newest first."""
    from gpd_soap.store.access import audit as kept
    from gpd_soap.store.database.paging import PageRequest
    from gpd_soap.store.database.transaction import read_only

    found, _ = read_only(ready_store(), lambda c: kept.page(c, organization, PageRequest(limit, 0)))
    for change in found:
        click.echo(_line(change))


def _line(change: Change) -> str:
    from gpd_soap.core import rome

    at = change.requested_at.astimezone(rome.ROME).isoformat(timespec="milliseconds")
    who = f"{change.key_id} ({change.key_name})"
    what = f"{change.method} {change.path}  {change.status}"
    return f"{at}  {change.organization}  {who}  {what}  {change.request_id}"
