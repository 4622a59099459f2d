"""`gpd-soap search`: finds what a person types or scans."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import of_organization, read, ready_store
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gpd_soap.store.positions.notices import ListedNotice
    from gpd_soap.store.receipts.worklist import Case
    from gpd_soap.usecases.search import SearchResult


@click.command()
@click.argument("text")
@of_organization
@click.option(
    "--limit",
    type=click.IntRange(1, 100),
    default=20,
    show_default=True,
    help="Notices to print at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def search(text: str, organization: str, limit: int, *, as_json: bool) -> None:
    """Print the notices and receipts that TEXT names, one on a line.

    TEXT is a notice number, an IUV, an IUPD, a receipt, a case, a fiscal code or the beginning of a
    name. It may also be what a scanner reads from a notice, or a number with blanks. Standard
    error says what TEXT was taken for. A line of a notice shows its number, debtor, amount, due
    date, state, reason and IUPD.
    """
    from gpd_soap.api.search import responses
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases import search as use_case
    from gpd_soap.validation.queries.search import SearchQuery

    query, now = read(SearchQuery, text=text, limit=str(limit)), utc_now()
    result = use_case.search(ready_store(), organization, query.text, query.limit)
    hits = result.hits
    if as_json:
        print_line(json.dumps(responses.search(result, now), ensure_ascii=False))
    elif hits is not None:
        for notice in hits.notices:
            print_line(_notice_line(notice, now))
        for receipt in hits.receipts:
            print_line(_receipt_line(receipt))
    for line in _remarks(result):
        click.echo(line, err=True)
    if hits is None or hits.is_empty:
        raise click.ClickException("nothing is found")


def _remarks(result: SearchResult) -> Iterator[str]:
    """The lines that say what a text was taken for, and what else it can be."""
    hits = result.hits
    if hits is None:
        return
    yield f"taken for: {hits.reading.kind}"
    yield from (f"check: {warning}" for warning in hits.reading.warnings)
    if hits.reading.organization is not None:
        yield f"the code names the organization {hits.reading.organization}"
    if hits.retired_at is not None:
        yield f"a notice of this number was deleted on {_day(hits.retired_at)}"
    if hits.more:
        yield "there are more: a longer text finds fewer"
    if result.others:
        yield f"it finds something as: {', '.join(result.others)}"


def _notice_line(notice: ListedNotice, now: datetime) -> str:
    from gpd_soap.core import money
    from gpd_soap.core.searching.notice_state import notice_state

    amount, state = money.to_wire(notice.amount), notice_state(notice, now)
    debtor = f"{notice.debtor_full_name} ({notice.debtor_code})"
    facts = f"{notice.nav}  {debtor}  {amount}  {_day(notice.due_at)}  {state}"
    return f"{facts}  {notice.description}  {notice.iupd}"


def _receipt_line(receipt: Case) -> str:
    from gpd_soap.core import money
    from gpd_soap.core.case_id import case_id

    amount = "-" if receipt.amount is None else money.to_wire(receipt.amount)
    facts = f"{_day(receipt.received_at)}  {receipt.kind}  {receipt.nav or '-'}  {amount}"
    return f"{facts}  {receipt.psp or '-'}  {case_id(receipt.key)}"


def _day(instant: datetime) -> str:
    from gpd_soap.core import rome

    return instant.astimezone(rome.ROME).date().isoformat()
