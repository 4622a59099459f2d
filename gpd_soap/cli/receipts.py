"""`gpd-soap receipts`: what was paid, and what of it waits for a person."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import click

from gpd_soap.cli.common import code, read, ready_store

if TYPE_CHECKING:
    from gpd_soap.store.receipts.search import Listed
    from gpd_soap.usecases.worklist import Cases, CaseWithNotice

LONGEST_NAME = 100
KINDS = ["unmatched", "double", "conflicting", "review", "quarantine"]


def _person(_ctx: click.Context, _param: click.Parameter, told: str | None) -> str:
    name = told or getpass.getuser()
    if not name.isprintable() or len(name) > LONGEST_NAME:
        raise click.BadParameter(f"expected 1 to {LONGEST_NAME} printable characters")
    return name


whose = click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Whose; without it, what names no organization of ours.",
)
case_name = click.argument("case", metavar="ID")
by = click.option("--by", metavar="NAME", callback=_person, help="Who says so; else, you.")


@click.group()
def receipts() -> None:
    """Look at receipts, and at what waits for a person."""


@receipts.command("list")
@click.option("--organization", metavar="CODE", required=True, callback=code, help="Whose.")
@click.option("--from", "since", metavar="DATE", help="Paid then or later; else, 3 months.")
@click.option("--to", "until", metavar="DATE", help="Paid then or before.")
@click.option("--debtor", metavar="CODE", help="Paid for the debtor of this code.")
@click.option("--iuv", "service", metavar="TEXT", help="Whose IUV begins so.")
@click.option("--page", "page_num", default="0", show_default=True, help="A page has 100 lines.")
def every(organization: str, **told: str | None) -> None:
    """Print a line for each receipt of a payment, the latest first: when, IUV, amount, kept, ID."""
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases import receipts as use_case
    from gpd_soap.validation.queries.receipts import Listing

    names = {"since": "from", "until": "to", "page_num": "pageNum"}
    asked = {names.get(name, name): value for name, value in told.items() if value is not None}
    with _told():
        wanted = use_case.question(read(Listing, **asked, pageSize="100"), utc_now())
    found, total = use_case.page(ready_store(), organization, wanted)
    for each in found:
        click.echo(_receipt_line(each))
    click.echo(f"{total} in all", err=True)


@receipts.command("worklist")
@whose
@click.option("--kind", type=click.Choice(KINDS), help="Of this kind alone.")
@click.option(
    "--resolved",
    type=click.Choice(["false", "true", "all"]),
    default="false",
    show_default=True,
    help="What is open, what is resolved, or both.",
)
@click.option("--page", default=0, show_default=True, help="A page has 50 lines.")
def worklist(organization: str | None, kind: str | None, resolved: str, page: int) -> None:
    """Print a line for each case, what came last first: when, kind, notice, amount, ID, reasons."""
    from gpd_soap.validation.queries.receipts import Cases

    with _told():
        wanted = read(Cases, kind=kind, resolved=resolved, page=page, limit=50).wanted()
    found, total = _cases().page(organization, wanted)
    for each in found:
        click.echo(_case_line(each))
    click.echo(f"{total} in all", err=True)


@receipts.command("show")
@case_name
@whose
def show(case: str, organization: str | None) -> None:
    """Print all that is known of a receipt or a case."""
    with _told():
        _show(_cases().read(organization, case))


@receipts.command("raw")
@case_name
@whose
@click.option(
    "--output",
    type=click.File("wb", lazy=True),
    default="-",
    metavar="FILE",
    help="Where to write; else, standard output.",
)
def raw(case: str, organization: str | None, output: BinaryIO) -> None:
    """Write the message that brought a receipt or a case, exactly as it came."""
    with _told():
        found = _cases().raw(organization, case)
    output.write(found)


@receipts.command("resolve")
@case_name
@whose
@click.option("--note", required=True, help="What was decided.")
@by
def resolve(case: str, organization: str | None, note: str, by: str) -> None:
    """Close a case with a note; once."""
    from gpd_soap.validation.queries.receipts import Note

    with _told():
        told = read(Note, note=note)
        _show(_cases().resolve(organization, case, by, told.note))


@receipts.command("rematch")
@case_name
@whose
@click.option("--nav", metavar="NOTICE", help="The notice that it pays, whatever it says.")
@by
def rematch(case: str, organization: str | None, nav: str | None, by: str) -> None:
    """Look again for the notice of a receipt, or take a quarantined message again."""
    from gpd_soap.validation.queries.receipts import Match

    with _told():
        told = read(Match, nav=nav)
        _show(_cases().rematch(organization, case, by, told.nav))


def _cases() -> Cases:
    from gpd_soap import wiring
    from gpd_soap.settings import Settings

    return wiring.cases(Settings.load(), ready_store())


@contextmanager
def _told() -> Iterator[None]:
    """Tell a refusal, or what is wrong with an option, in a line."""
    from gpd_soap.cli.refusals import words
    from gpd_soap.usecases.refusals import Refusal

    try:
        yield
    except Refusal as refused:
        told = [": ".join(words(refused)), *map(str, refused.errors)]
        raise click.ClickException("; ".join(told)) from None


def _show(found: CaseWithNotice) -> None:
    from gpd_soap.api.receipts.responses import case

    for name, value in case(found).items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, said in parts:
            text = "; ".join(said) if isinstance(said, list) else said
            click.echo(f"{name}{'.' if part else ''}{part}: {text}")


def _receipt_line(kept: Listed) -> str:
    from gpd_soap.core import money, rome
    from gpd_soap.core.case_id import case_id

    when = rome.to_wire_datetime(kept.paid_at or kept.received_at)
    return f"{when}  {kept.iuv}  {money.to_wire(kept.amount)}  {kept.kept}  {case_id(kept.key)}"


def _case_line(found: CaseWithNotice) -> str:
    from gpd_soap.core import money, rome
    from gpd_soap.core.case_id import case_id

    case = found.case
    when = rome.to_wire_datetime(case.received_at)
    amount = "-" if case.amount is None else money.to_wire(case.amount)
    resolved = "" if case.resolved_at is None else "  (resolved)"
    named = f"{case.nav or case.organization}  {amount}  {case_id(case.key)}"
    return f"{when}  {case.kind}  {named}  {case.reasons}{resolved}"
