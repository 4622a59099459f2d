"""`gpd-soap receipts`: the receipts, and the cases that a person must resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import click

from gpd_soap.cli.common import (
    CommandGroup,
    code,
    command_actor,
    machine_user,
    of_organization,
    read,
    ready_store,
    record,
    record_reading,
    refusals,
    to_output,
)
from gpd_soap.cli.texts.output import print_line
from gpd_soap.cli.texts.receipts import case_line, print_case, print_csv, receipt_line
from gpd_soap.core.case_id import KINDS, CaseCause, CaseOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpd_soap.store.access.audit import Subject
    from gpd_soap.store.store import Store
    from gpd_soap.usecases.worklist import Cases

MAX_NAME_LENGTH = 100
OUTCOMES = tuple(map(str, CaseOutcome))
CAUSES = tuple(map(str, CaseCause))


def _person(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str:
    name = value or machine_user()
    if not name.isprintable() or len(name) > MAX_NAME_LENGTH:
        raise click.BadParameter(f"expected 1 to {MAX_NAME_LENGTH} printable characters")
    return name


of_organization_or_none = click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Fiscal code of the organization; without it, messages that name no registered one.",
)
case_name = click.argument("case", metavar="ID")
by = click.option(
    "--by",
    metavar="NAME",
    callback=_person,
    help="Name of the person who acts [default: the user of this machine].",
)


@click.group(cls=CommandGroup)
def receipts() -> None:
    """List receipts, and list and resolve the cases that wait for a person."""


@receipts.command("list")
@of_organization
@click.option(
    "--from", "since", metavar="DATE", help="First date of payment [default: 3 months ago]."
)
@click.option("--to", "until", metavar="DATE", help="Last date of payment, included.")
@click.option("--debtor", metavar="CODE", help="Fiscal code of the debtor.")
@click.option("--iuv", "service", metavar="TEXT", help="First characters of the IUV.")
@click.option("--psp", metavar="ID", help="Id of the PSP that took the payment.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV file with every field.")
@click.option(
    "--page",
    "page_num",
    default="0",
    show_default=True,
    help="Number of the page; a page has 100 lines.",
)
def list_receipts(
    organization: str, psp: str | None, *, as_csv: bool, **options: str | None
) -> None:
    """Print the receipts of payments, one on a line, the latest first.

    A line shows the time, IUV, amount, PSP, status and id.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases import receipts as use_case
    from gpd_soap.validation.queries.receipts import ReceiptSearch

    names = {"since": "from", "until": "to", "page_num": "pageNum"}
    filters = {names.get(name, name): value for name, value in options.items() if value is not None}
    with refusals():
        query = use_case.question(read(ReceiptSearch, **filters, pageSize="100"), utc_now())
    # WHY: a line shows the status, so that a copy is not taken for a payment of our notice.
    query = query._replace(as_paid=False, psp=psp)
    store = ready_store()
    record_reading(store, organization)
    rows, total = use_case.page(store, organization, query)
    if as_csv:
        print_csv(rows)
    else:
        for each in rows:
            print_line(receipt_line(each))
    click.echo(f"{total} in all", err=True)


@receipts.command("worklist")
@of_organization_or_none
@click.option("--kind", type=click.Choice(KINDS), help="Print the cases of this kind only.")
@click.option(
    "--resolved",
    type=click.Choice(["false", "true", "all"]),
    default="false",
    show_default=True,
    help="Print open cases (false), resolved cases (true) or all.",
)
@click.option("--outcome", type=click.Choice(OUTCOMES), help="Print cases of this outcome only.")
@click.option(
    "--page", default=0, show_default=True, help="Number of the page; a page has 50 lines."
)
def worklist(
    organization: str | None, kind: str | None, resolved: str, outcome: str | None, page: int
) -> None:
    """Print the cases that a person must resolve, one on a line, the latest first.

    A line shows the time, kind, notice, amount, id, reasons and who has the case.
    """
    from gpd_soap.validation.queries.receipts import CaseSearch

    with refusals():
        search = read(
            CaseSearch, kind=kind, resolved=resolved, outcome=outcome, page=page, limit=50
        )
    cases, store = _cases()
    record_reading(store, organization)
    rows, total = cases.page(organization, search.case_query())
    for each in rows:
        print_line(case_line(each))
    click.echo(f"{total} in all", err=True)


@receipts.command("show")
@case_name
@of_organization_or_none
def show(case: str, organization: str | None) -> None:
    """Print every field of the receipt or case with this ID, one on a line."""
    cases, store = _cases()
    with refusals():
        read_case = cases.read(organization, case)
    record_reading(store, organization, _subject(case))
    print_case(read_case)


@receipts.command("raw")
@case_name
@of_organization_or_none
@to_output
def raw(case: str, organization: str | None, output: BinaryIO) -> None:
    """Write the message of a receipt or case, byte for byte as it was received."""
    cases, store = _cases()
    with refusals():
        message = cases.raw(organization, case)
    record_reading(store, organization, _subject(case))
    output.write(message)


@receipts.command("claim")
@case_name
@of_organization_or_none
@by
def claim(case: str, organization: str | None, by: str) -> None:
    """Take the case with this ID, so that others see who has it; the claim ends by itself."""
    from gpd_soap.usecases.casework.claims import claim as take

    _handle(take, case, organization, by)


@receipts.command("release")
@case_name
@of_organization_or_none
@by
def release(case: str, organization: str | None, by: str) -> None:
    """Give the case with this ID back, so that others take it; a free case stays as it is."""
    from gpd_soap.usecases.casework.claims import give_back

    _handle(give_back, case, organization, by)


@receipts.command("resolve")
@case_name
@of_organization_or_none
@click.option("--note", required=True, help="The decision, for the people who read the case later.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="The outcome, from a closed list.")
@by
def resolve(case: str, organization: str | None, note: str, outcome: str | None, by: str) -> None:
    """Close the case with this ID, with a note; a case is closed once."""
    from gpd_soap.validation.queries.receipts import Note

    with refusals():
        fields = read(Note, note=note, outcome=outcome)
        cases, _ = _cases()
        closed = cases.resolve(
            organization, case, by, fields.note, actor=command_actor(), outcome=fields.outcome
        )
        print_case(closed)


@receipts.command("open")
@case_name
@of_organization
@click.option("--cause", type=click.Choice(CAUSES), required=True, help="Why, from a closed list.")
@click.option("--note", help="Why, in words; the cause `other` needs them.")
@by
def open_case(case: str, organization: str, cause: str, note: str | None, by: str) -> None:
    """Open a case on the receipt with this ID, whose money may have to go back."""
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases.casework import opening
    from gpd_soap.usecases.casework.decide import By
    from gpd_soap.validation.queries.receipts import OpenedCase

    with refusals():
        fields = read(OpenedCase, cause=cause, note=note)
        cases, store = _cases()
        why = opening.Why(fields.cause, fields.note or "")
        person = By(command_actor(), by, utc_now())
        opening.open_case(store, organization, case, why, person, record())
        print_case(cases.read(organization, case))


@receipts.command("rematch")
@case_name
@of_organization_or_none
@click.option(
    "--nav", metavar="NOTICE", help="Notice number that the receipt pays, even if it names another."
)
@by
def rematch(case: str, organization: str | None, nav: str | None, by: str) -> None:
    """Search again for the notice of a receipt, or process a quarantined message again."""
    from gpd_soap.validation.queries.receipts import Match

    with refusals():
        fields = read(Match, nav=nav)
        cases, _ = _cases()
        print_case(cases.rematch(organization, case, by, fields.nav, actor=command_actor()))


def _handle(act: Callable[..., None], case: str, organization: str | None, by: str) -> None:
    """Let a person take a case or give it back, and print the case."""
    from gpd_soap.clock import utc_now

    cases, store = _cases()
    with refusals():
        act(store, organization, case, by, utc_now(), record())
        print_case(cases.read(organization, case))


def _cases() -> tuple[Cases, Store]:
    from gpd_soap import wiring
    from gpd_soap.settings import Settings

    store = ready_store()
    return wiring.cases(Settings.load(), store, record=record()), store


def _subject(case: str) -> Subject | None:
    from gpd_soap.core.case_id import case_key
    from gpd_soap.usecases.worklist import subject_of

    key = case_key(case)
    return None if key is None else subject_of(key)
