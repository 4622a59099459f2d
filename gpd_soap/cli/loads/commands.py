"""`gpd-soap loads`: files of positions that are tried first, and what became of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from gpd_soap.cli.common import (
    CommandGroup,
    command_actor,
    limited,
    of_organization,
    read,
    ready_store,
    record,
    record_reading,
    refusals,
    to_output,
)
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpd_soap.store.loads.loads import StoredLoad
    from gpd_soap.usecases.loads.manage import Loads

#: Lines that are read at once.
PAGE = 1000
load_id_argument = click.argument("load_id", metavar="ID")


@click.group(cls=CommandGroup)
def loads() -> None:
    """Send, try, store and take back files of positions, as operators do in the console.

    A process that does background work does each step: see `gpd-soap work`.
    """


@loads.command("list")
@of_organization
@limited(50)
@click.option("--json", "as_json", is_flag=True, help="Print each load as JSON on a line.")
def list_loads(organization: str, limit: int, *, as_json: bool) -> None:
    """Print loads, one on a line, the newest first.

    A line shows id, time and state, how many positions are ready or loaded, stored already and
    refused, and the name of the file.
    """
    for row in _loads().page(organization, None, limit):
        print_line(json.dumps(_body(row), ensure_ascii=False) if as_json else _line(row))


@loads.command("show")
@load_id_argument
@of_organization
def show(load_id: str, organization: str) -> None:
    """Print everything about a load, one field on a line, then what is wrong with its file."""
    use_case = _loads()
    with refusals():
        row = use_case.get(organization, load_id)
    _print(row)
    for each in use_case.findings(row):
        print_line(f"line {each.line}: {each.field or 'the whole'}: {each.rule}: {each.expected}")


@loads.command("send")
@click.argument("file", type=click.File("rb"))
@of_organization
@click.option("--name", metavar="TEXT", help="Name of the file [default: its own].")
def send(file: BinaryIO, organization: str, name: str | None) -> None:
    """Send a FILE (CSV or .xlsx; - is standard input), which is tried: nothing is stored yet."""
    from tempfile import TemporaryFile

    with TemporaryFile() as copy:
        while chunk := file.read(1 << 16):
            copy.write(chunk)
        with refusals():
            _print(_loads().receive(organization, name or file.name, copy))


@loads.command("answer")
@load_id_argument
@of_organization
@click.option("--amounts", type=click.Choice(("cents", "euro")), help="Unit of the amounts.")
@click.option(
    "--dates",
    type=click.Choice(("iso", "day")),
    help="Form of the dates: 2026-12-31 alone, or 31/12/2026 too.",
)
@click.option("--category", metavar="CODE", help="Code of the category of all rows.")
@click.option("--iban", metavar="IBAN", help="Account of all rows.")
@click.option("--description", metavar="TEXT", help="What the notices of all rows are for.")
@click.option("--due-date", metavar="DATE", help="Due date of all rows.")
@click.option("--publish/--draft", default=None, help="Publish the positions, or keep drafts.")
def answer(
    load_id: str,
    organization: str,
    *,
    publish: bool | None,
    due_date: str | None,
    **more: str | None,
) -> None:
    """Set how a file is read where the file leaves that open, and try it again."""
    from gpd_soap.usecases.loading.csv_values import Amounts
    from gpd_soap.usecases.loads.reading import Dates
    from gpd_soap.usecases.loads.understand import Answers
    from gpd_soap.validation.queries.loads import LoadAnswers

    given = {**more, "dueDate": due_date, "toPublish": publish}
    body = read(LoadAnswers, **{name: value for name, value in given.items() if value is not None})
    amounts, dates = body.amounts and Amounts(body.amounts), body.dates and Dates(body.dates)
    with refusals():
        answers = Answers(amounts or None, dates or None, body.constants)
        _print(_loads().answer(organization, load_id, answers))


@loads.command("lines")
@load_id_argument
@of_organization
@click.option("--refused", is_flag=True, help="Print why lines are refused.")
@click.option("--warnings", is_flag=True, help="Print the warnings.")
def lines(load_id: str, organization: str, *, refused: bool, warnings: bool) -> None:
    """Print the positions of a load with their outcomes, or what is wrong, one on a line."""
    if refused and warnings:
        raise click.UsageError("give one of --refused and --warnings")
    use_case = _loads()
    with refusals():
        row = use_case.get(organization, load_id)
    findings = _findings(use_case, row, warnings=warnings)
    for text in findings if refused or warnings else _rows(use_case, row):
        print_line(text)


@loads.command("rows")
@load_id_argument
@of_organization
@to_output
def rows(load_id: str, organization: str, output: BinaryIO) -> None:
    """Write the refused rows in the form of the file, with what is wrong, to mend them."""
    from gpd_soap.store.access.audit import Subject
    from gpd_soap.usecases.loads.mend import by_rule

    store = ready_store()
    with refusals():
        row, content = _loads().to_mend(organization, load_id, by_rule)
    record_reading(store, organization, Subject(resource=row.id))
    output.writelines(content)


@loads.command("load")
@load_id_argument
@of_organization
@click.option("--reading", required=True, metavar="DIGEST", help="The reading that `show` prints.")
def load(load_id: str, organization: str, reading: str) -> None:
    """Store the positions of a file that was tried, or continue a load that was stopped."""
    with refusals():
        _print(_loads().load(organization, load_id, reading))


@loads.command("cancel")
@load_id_argument
@of_organization
def cancel(load_id: str, organization: str) -> None:
    """Stop a load; positions that are stored stay, and without any the file is removed."""
    with refusals():
        _print(_loads().cancel(organization, load_id))


@loads.command("resume")
@load_id_argument
@of_organization
def resume(load_id: str, organization: str) -> None:
    """Continue a trial, a load or an undo that was interrupted, from where it stopped."""
    with refusals():
        _print(_loads().resume(organization, load_id))


@loads.command("undo")
@load_id_argument
@of_organization
@click.option(
    "--way",
    type=click.Choice(("delete", "withdraw")),
    required=True,
    help="Delete the positions with their numbers, or withdraw them so that they are still shown.",
)
def undo(load_id: str, organization: str, way: str) -> None:
    """Take back the positions of a load that are unpaid and unchanged."""
    from gpd_soap.usecases.loads.undo import Way

    with refusals():
        _print(_loads().undo(organization, load_id, Way(way)))


def _loads() -> Loads:
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases.loads.manage import Loads

    return Loads(ready_store(), utc_now, command_actor(), record())


def _print(row: StoredLoad) -> None:
    for name, value in _body(row).items():
        print_line(f"{name}: {value}")


def _findings(use_case: Loads, row: StoredLoad, *, warnings: bool) -> Iterator[str]:
    page = use_case.findings_after(row, None, PAGE, warnings=warnings)
    while page:
        for _, each in page:
            where = f"line {each.line}: {each.field or 'the whole'}"
            yield f"{where}: {each.rule}: {each.expected}"
        page = use_case.findings_after(row, page[-1][0], PAGE, warnings=warnings)


def _rows(use_case: Loads, row: StoredLoad) -> Iterator[str]:
    page = use_case.rows_after(row, 0, PAGE)
    while page:
        for each in page:
            yield f"line {each.line}: {each.outcome}: {each.iupd or '-'}"
        page = use_case.rows_after(row, page[-1].line, PAGE)


def _line(row: StoredLoad) -> str:
    body = _body(row)
    counts = " ".join(f"{name} {body[name]}" for name in ("ready", "present", "refused"))
    return f"{row.id}  {body['created_at']}  {body['state']}  {counts}  {row.name}"


def _body(row: StoredLoad) -> dict[str, Any]:
    from gpd_soap.usecases.loads.reading import reading_of

    figures, reading = row.figures, reading_of(row.reading)
    return {
        "id": row.id,
        "organization": row.organization,
        "name": row.name,
        "digest": row.digest,
        "size": row.size,
        "state": "interrupted" if row.is_interrupted else str(row.state),
        "reading": reading.digest,
        "amounts": None if reading.amounts is None else str(reading.amounts),
        "dates": str(reading.dates),
        "missing": reading.missing,
        "rows": figures.get("rows", row.reading["records"]),
        **{name: figures.get(name, 0) for name in ("ready", "present", "refused")},
        "cents": figures.get("ready_cents", 0),
        "taken_back": figures.get("undone"),
        "done": row.done,
        "job": row.job,
        "last_error": row.last_error,
        "created_at": row.created_at.isoformat(),
        "loaded_at": None if row.loaded_at is None else row.loaded_at.isoformat(),
        "actor": f"{row.actor_kind} {row.actor}",
    }
