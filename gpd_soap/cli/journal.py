"""`gpd-soap journal`: what was asked of us, what we answered and why, and for how long we know."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

from gpd_soap.cli.common import ready_store

if TYPE_CHECKING:
    from gpd_soap.store.journal.entries import JournalQuery

#: LIMIT: what a screen, a pipe and our memory take at once.
MOST = 100_000

Body = dict[str, Any]


@click.group()
def journal() -> None:
    """Search, show and purge the journal of exchanges with the Node."""


@journal.command("search")
@click.option("--organization", metavar="CODE", help="Of this organization; of all, if left out.")
@click.option("--from", "first", metavar="WHEN", help="A day or a date-time in Rome [30 days ago].")
@click.option("--to", "last", metavar="WHEN", help="A day or a date-time in Rome, included [now].")
@click.option("--operation", metavar="PRIMITIVE", help="Such as paSendRTV2.")
@click.option("--outcome", metavar="OUTCOME", help="OK, KO or Fault.")
@click.option("--fault", metavar="CODE", help="Such as PAA_SINTASSI_XSD.")
@click.option("--nav", metavar="NUMBER", help="The notice number.")
@click.option("--iuv", metavar="IUV", help="Of receipts, and of the notices that carry it.")
@click.option("--receipt-id", "receiptId", metavar="ID", help="The receipt.")
@click.option("--psp", metavar="ID", help="Who took the money.")
@click.option("--station", metavar="ID", help="The station that was asked.")
@click.option("--limit", type=click.IntRange(1, MOST), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, with every field.")
def search(organization: str | None, limit: int, *, as_json: bool, **filters: str | None) -> None:
    """Print a line for each entry that is found, the newest first."""
    from gpd_soap.api.journal import responses as answers
    from gpd_soap.usecases import journal as use_case

    wanted = _wanted(organization, filters)._replace(limit=limit)
    found, _ = use_case.page(ready_store(), wanted)
    for entry in found:
        told = answers.entry(entry, masked=False)
        click.echo(json.dumps(told, ensure_ascii=False) if as_json else _line(told))


@journal.command("show")
@click.argument("entry_id", metavar="ID")
def show(entry_id: str) -> None:
    """Print the entry of this ID, a field a line."""
    from gpd_soap.api.journal import responses as answers
    from gpd_soap.store.journal.entries import Place
    from gpd_soap.usecases import journal as use_case
    from gpd_soap.usecases.refusals import EntryNotFound

    try:
        place = Place.of(entry_id)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    try:
        entry = use_case.entry(ready_store(), None, place)
    except EntryNotFound:
        raise click.ClickException(
            "there is no entry of this id: see `gpd-soap journal search`"
        ) from None
    for name, value in answers.entry(entry, masked=False).items():
        click.echo(f"{name}: {value}")


@journal.command("purge")
@click.option(
    "--older-than", default="24m", show_default=True, metavar="MONTHS", help="Such as 36m."
)
@click.option("--force", is_flag=True, help="Less than the 24 months that pagoPA asks for.")
@click.option("--dry-run", is_flag=True, help="Say how many there are; remove nothing.")
def purge(older_than: str, *, force: bool, dry_run: bool) -> None:
    """Remove the entries that are older than so many months.

    On PostgreSQL it also makes the partitions of this month and of those to come.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.store.database.transaction import in_transaction
    from gpd_soap.store.journal import purge as use_case
    from gpd_soap.store.journal.partitions import ensure_months

    months, now = _months(older_than), utc_now()
    if months < use_case.LEAST_MONTHS and not force:
        raise click.ClickException(
            f"the journal is kept for {use_case.LEAST_MONTHS} months at least: see --force"
        )
    store, until = ready_store(), use_case.months_before(now, months)
    if dry_run:
        click.echo(f"{use_case.count(store, until)} entries of before {until:%Y-%m-%d} to remove")
        return
    click.echo(f"{use_case.purge(store, until)} entries of before {until:%Y-%m-%d} removed")
    in_transaction(store, lambda c: ensure_months(c, now))


def _wanted(organization: str | None, filters: dict[str, str | None]) -> JournalQuery:
    from gpd_soap.clock import utc_now
    from gpd_soap.core.codes import problem_with_fiscal_code_pa
    from gpd_soap.usecases.journal import question
    from gpd_soap.usecases.refusals import Malformed
    from gpd_soap.validation.finding import taken
    from gpd_soap.validation.queries.journal import Searching

    problem = organization and problem_with_fiscal_code_pa(organization)
    if problem:
        raise click.BadParameter(f"--organization: {problem}")
    named = {{"first": "from", "last": "to"}.get(name, name): filters[name] for name in filters}
    told = {name: value for name, value in named.items() if value is not None}
    searching = taken(Searching, told)
    if isinstance(searching, tuple):
        raise click.BadParameter("; ".join(map(str, searching)))
    try:
        return question(searching, organization, utc_now())
    except Malformed as refused:
        raise click.BadParameter("; ".join(map(str, refused.errors))) from None


def _line(told: Body) -> str:
    """When, what, of whom, about what, how it ended, why, and where to read more."""
    return "  ".join(
        [
            told["dataOraEvento"],
            told.get("tipoEvento", "-"),
            told.get("identificativoDominio", "-"),
            told.get("numeroAvviso", "-"),
            told.get("faultCode") or told["esito"],
            f"{told['durationMs']} ms",
            told.get("decision", "-"),
            told["id"],
        ]
    )


def _months(told: str) -> int:
    found = re.fullmatch(r"([1-9][0-9]{0,2})m", told)
    if found is None:
        raise click.BadParameter("--older-than: expected months, such as 24m")
    return int(found[1])
