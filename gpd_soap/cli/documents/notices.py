"""`gpd-soap notice` and `gpd-soap receipt`: PDFs for the payer's hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import click

from gpd_soap.cli.common import (
    command_actor,
    of_only_organization,
    ready_store,
    record_reading,
    refusals,
    to_document,
)
from gpd_soap.cli.documents.opening import printer
from gpd_soap.cli.texts.output import printable

if TYPE_CHECKING:
    from gpd_soap.features.documents.release import Notices


@click.command()
@click.argument("nav", metavar="NAV")
@to_document
@of_only_organization
@click.option(
    "--all-ways",
    is_flag=True,
    help="Print every way to pay the position: the single payment and the installments.",
)
@click.option(
    "--fine",
    is_flag=True,
    help="Print a traffic fine: the position's two amounts, discounted and reduced.",
)
@click.option(
    "--language",
    metavar="NAME",
    help="it, it-XX for a second language in grey, it+XX for two equal languages, XX for that one"
    " alone; XX is en, de, fr or sl [default: the organization's].",
)
@refusals()
def notice(
    nav: str,
    output: BinaryIO,
    organization: str | None,
    *,
    all_ways: bool,
    fine: bool,
    language: str | None,
) -> None:
    """Write the PDF of the notice with the number NAV.

    The codes and texts of the PDF are read back, and the archive has it, before the file is
    written. Standard error names the fields that were shortened or changed, with the text that is
    printed. `gpd-soap organization printing` sets what the organization prints about itself.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.features.documents.languages import OFFERED, parse
    from gpd_soap.features.documents.notice import Refused
    from gpd_soap.store.access.audit import Subject

    languages = parse(language) if language else None
    if language and languages is None:
        raise click.BadParameter(f"expected one of {', '.join(OFFERED)}", param_hint="--language")
    if fine and all_ways:
        raise click.UsageError("use --fine or --all-ways, not both")
    store = ready_store()
    notices = printer(store).notices(command_actor())
    organization = organization or _only_organization(notices)
    make = notices.of_notice
    if fine or all_ways:
        make = notices.of_fine if fine else notices.of_position
    answer = make(organization, nav, None, utc_now(), languages)
    if isinstance(answer, Refused):
        raise click.ClickException(answer.reason)
    record_reading(store, organization, Subject(nav))
    output.write(answer.pdf)
    for change in answer.paper.changes:
        click.echo(printable(f"{change.field}: {change.after}"), err=True)
    for note in answer.paper.notes:
        click.echo(printable(f"{note.nav or nav}: {note.reason}"), err=True)


@click.command()
@click.argument("receipt_id", metavar="ID")
@to_document
@of_only_organization
@click.option(
    "--embed", is_flag=True, help="Put the Node's message inside the document (PDF/A-3a)."
)
def receipt(receipt_id: str, output: BinaryIO, organization: str | None, *, embed: bool) -> None:
    """Write the PDF of the receipt with this ID, as `gpd-soap receipts list` prints it.

    Its texts are read back before the file is written.
    """
    store = ready_store()
    made = printer(store)
    from gpd_soap.features.documents.reasons import Refused
    from gpd_soap.features.documents.receipts import Receipts
    from gpd_soap.store.access.audit import Subject

    organization = organization or _only_organization(made.notices(command_actor()))
    answer = Receipts(store, made.typesetter).of_receipt(organization, receipt_id, embed=embed)
    if isinstance(answer, Refused):
        raise click.ClickException(answer.reason)
    record_reading(store, organization, Subject(resource=receipt_id))
    output.write(answer.pdf)
    for change in answer.paper.changes:
        click.echo(printable(f"{change.field}: {change.after}"), err=True)


def _only_organization(notices: Notices) -> str:
    organization = notices.only_organization()
    if organization is None:
        raise click.UsageError("several organizations, or none: give --organization")
    return organization
