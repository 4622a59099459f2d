"""`gpd-soap journal`: the exchanges with the Node, with the reason for each answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

from gpd_soap.cli.common import CommandGroup, code, limited, read, ready_store, record, refusals
from gpd_soap.cli.texts.output import defused, print_line
from gpd_soap.core.exchange import NOT_GIVEN

if TYPE_CHECKING:
    from gpd_soap.store.journal.entries import JournalQuery


Body = dict[str, Any]


@click.group(cls=CommandGroup)
def journal() -> None:
    """Search, show and purge the journal of exchanges with the Node."""


@journal.command("search")
@click.option(
    "--organization",
    metavar="CODE",
    help="Fiscal code of an organization; without it, the entries of all are searched.",
)
@click.option(
    "--from",
    "first",
    metavar="WHEN",
    help="First day or date-time, in Rome [default: 30 days ago].",
)
@click.option(
    "--to", "last", metavar="WHEN", help="Last day or date-time, in Rome, included [default: now]."
)
@click.option("--operation", metavar="PRIMITIVE", help="Operation, such as paSendRTV2.")
@click.option("--outcome", metavar="OUTCOME", help="Outcome of the answer: OK, KO or Fault.")
@click.option("--fault", metavar="CODE", help="Fault code of the answer, such as PAA_SINTASSI_XSD.")
@click.option("--nav", metavar="NUMBER", help="Notice number (NAV), 18 digits.")
@click.option("--iuv", metavar="IUV", help="IUV of a receipt or of a notice.")
@click.option("--receipt-id", "receiptId", metavar="ID", help="Id of a receipt.")
@click.option("--psp", metavar="ID", help="Id of the PSP that took the payment.")
@click.option("--station", metavar="ID", help="Id of the station that answered.")
@limited(20)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print each entry as a JSON object on a line, with every field.",
)
def search(organization: str | None, limit: int, *, as_json: bool, **filters: str | None) -> None:
    """Print the entries that match every option, one on a line, the newest first.

    A line shows the time, operation, organization, notice number, outcome or fault, duration,
    reason and id. `gpd-soap journal show ID` prints the whole entry.
    """
    from gpd_soap.api.journal import responses
    from gpd_soap.usecases import journal as use_case

    query = _query(organization, filters)._replace(limit=limit)
    entries, _ = use_case.page(ready_store(), query)
    for entry in entries:
        record = responses.entry(entry, masked=False)
        print_line(json.dumps(record) if as_json else _line(record))


@journal.command("show")
@click.argument("entry_id", metavar="ID")
def show(entry_id: str) -> None:
    """Print every field of the entry with this ID, one on a line."""
    from gpd_soap.api.journal import responses
    from gpd_soap.store.journal.entries import EntryKey
    from gpd_soap.usecases import journal as use_case
    from gpd_soap.usecases.refusals import EntryNotFound

    try:
        key = EntryKey.of(entry_id)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    try:
        entry = use_case.entry(ready_store(), None, key)
    except EntryNotFound:
        raise click.ClickException(
            "no entry has this id: `gpd-soap journal search` prints the ids"
        ) from None
    for name, value in responses.entry(entry, masked=False).items():
        print_line(f"{name}: {value}")


@journal.command("tally")
@click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Fiscal code of an organization; without it, all are counted together.",
)
@click.option("--from", "first", metavar="WHEN", help="First day, in Rome [default: 7 days ago].")
@click.option("--to", "last", metavar="WHEN", help="Last day, in Rome, included [default: now].")
@click.option(
    "--by",
    type=click.Choice(["hour", "day", "month"]),
    default="day",
    show_default=True,
    help="Count hours, days or months of Rome.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV file with every count.")
def tally(
    organization: str | None, first: str | None, last: str | None, by: str, *, as_csv: bool
) -> None:
    """Print how many exchanges there were, one count on a line, the oldest first.

    A line shows the beginning, station, operation, outcome or fault, number, how many of them took
    two seconds at most, and the mean duration. The counts outlive the journal's entries.
    """
    import csv
    import sys

    from gpd_soap.api.journal.responses import tally_row
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases import tally as use_case
    from gpd_soap.validation.queries.tally import TallyQuery

    dates = {name: value for name, value in (("from", first), ("to", last)) if value is not None}
    with refusals():
        query = read(TallyQuery, by=by, **dates)
        rows = [
            tally_row(each) for each in use_case.read(ready_store(), organization, query, utc_now())
        ]
    if as_csv and rows:
        writer = csv.DictWriter(sys.stdout, rows[0].keys())
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
        return
    for row in rows:
        outcome = row["outcome"] if row["fault"] == "-" else row["fault"]
        named = f"{row['begin']}  {row['station']}  {row['operation']}  {outcome}"
        counted = f"{row['exchanges']}  {row['within2s']} within 2 s"
        print_line(f"{named}  {counted}  {row['averageMs']} ms")


@journal.command("purge")
@click.option(
    "--older-than",
    default="24m",
    show_default=True,
    metavar="MONTHS",
    help="Age of the entries to remove, in months, such as 36m.",
)
@click.option(
    "--force", is_flag=True, help="Allow an age below the 24 months that pagoPA requires."
)
@click.option("--dry-run", is_flag=True, help="Print the number of entries, and remove none.")
def purge(older_than: str, *, force: bool, dry_run: bool) -> None:
    """Remove the entries that are older than a number of months.

    Organizations that have set a term of their own keep theirs for that term. On PostgreSQL, the
    command also creates the partitions of this month and of the next ones.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.store.access.audit import Subject
    from gpd_soap.store.database.brief_locks import with_brief_locks
    from gpd_soap.store.database.transaction import in_transaction
    from gpd_soap.store.journal import purge as use_case
    from gpd_soap.store.journal.partitions import ensure_months
    from gpd_soap.store.retention.terms import TermKind
    from gpd_soap.usecases.retention import terms

    months, now = _months(older_than), utc_now()
    if months < use_case.LEAST_MONTHS and not force:
        raise click.ClickException(
            f"entries must be kept for {use_case.LEAST_MONTHS} months at least: use --force"
        )
    store, write_record = ready_store(), record()
    until = terms.until(terms.read(store), TermKind.JOURNAL, now, months)
    before = f"{until.instant:%Y-%m-%d}"
    if dry_run:
        click.echo(f"{use_case.count(store, until)} entries from before {before} would be removed")
        return
    in_transaction(store, lambda c: write_record(c, Subject(resource=older_than)))
    click.echo(f"{use_case.purge(store, until)} entries from before {before} removed")
    with_brief_locks(store.engine, lambda c: ensure_months(c, now))


def _cell(value: object) -> str:
    """A value as a cell of a CSV file, empty where the exchange does not give it."""
    return "" if value == NOT_GIVEN else defused(str(value))


def _query(organization: str | None, filters: dict[str, str | None]) -> JournalQuery:
    """The query of these options; raises BadParameter (exit code 2) if one is not valid."""
    from gpd_soap.clock import utc_now
    from gpd_soap.core.codes import problem_with_fiscal_code_pa
    from gpd_soap.usecases.journal import question
    from gpd_soap.usecases.refusals import Malformed
    from gpd_soap.validation.finding import validate
    from gpd_soap.validation.queries.journal import JournalSearch

    problem = organization and problem_with_fiscal_code_pa(organization)
    if problem:
        raise click.BadParameter(f"--organization: {problem}")
    named = {{"first": "from", "last": "to"}.get(name, name): filters[name] for name in filters}
    fields = {name: value for name, value in named.items() if value is not None}
    searching = validate(JournalSearch, fields)
    if isinstance(searching, tuple):
        raise click.BadParameter("; ".join(map(str, searching)))
    try:
        return question(searching, organization, utc_now())
    except Malformed as refused:
        raise click.BadParameter("; ".join(map(str, refused.errors))) from None


def _line(record: Body) -> str:
    """An entry on a line: time, operation, organization, notice, outcome, duration, reason, id."""
    return "  ".join(
        [
            record["dataOraEvento"],
            record.get("tipoEvento", "-"),
            record.get("identificativoDominio", "-"),
            record.get("numeroAvviso", "-"),
            record.get("faultCode") or record["esito"],
            f"{record['durationMs']} ms",
            record.get("decision", "-"),
            record["id"],
        ]
    )


def _months(text: str) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,2})m", text)
    if match is None:
        raise click.BadParameter("--older-than: expected months, such as 24m")
    return int(match[1])
