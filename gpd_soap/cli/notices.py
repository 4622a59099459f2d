"""`gpd-soap notice`: the PDF of a notice for the payer's hand."""

from __future__ import annotations

from typing import Any, BinaryIO

import click

from gpd_soap.cli.common import code, command_actor, ready_store
from gpd_soap.cli.documents.opening import printer
from gpd_soap.cli.texts.output import printable


@click.command()
@click.argument("nav", metavar="NAV")
@click.option(
    "--output",
    "-o",
    type=click.File("wb", lazy=True),
    required=True,
    metavar="FILE",
    help="File to write; - is standard output.",
)
@click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Fiscal code of the organization [default: the only one].",
)
@click.option(
    "--all-ways",
    is_flag=True,
    help="Print every way to pay the position: the single payment and the installments.",
)
@click.option("--cbill", metavar="CODE", help="The organization's code for CBILL.")
@click.option("--info", metavar="TEXT", help="Telephone, mail and site of the organization.")
@click.option(
    "--account-holder",
    metavar="NAME",
    help="Holder of the postal account [default: the organization's name].",
)
@click.option(
    "--authorisation", metavar="TEXT", help="Poste Italiane's authorisation to print slips."
)
@click.option("--site", "has_site", is_flag=True, help="The organization's site takes payments.")
@click.option("--app", "has_app", is_flag=True, help="The organization's app takes payments.")
def notice(
    nav: str,
    output: BinaryIO,
    organization: str | None,
    *,
    all_ways: bool,
    **issuer: Any,  # noqa: ANN401  # click's values
) -> None:
    """Write the PDF of the notice with the number NAV.

    Its codes and texts are read back, and it is in the archive, before the file is written. Fields
    that were shortened or changed are named on standard error, with the text that is printed.
    """
    notices = printer(ready_store()).notices(command_actor())
    from gpd_soap.clock import utc_now
    from gpd_soap.features.documents.notice import Issuer, Refused

    organization = organization or notices.only_organization()
    if organization is None:
        raise click.UsageError("several organizations, or none: give --organization")
    make = notices.of_position if all_ways else notices.of_notice
    answer = make(organization, nav, Issuer(**issuer), utc_now())
    if isinstance(answer, Refused):
        raise click.ClickException(answer.reason)
    output.write(answer.pdf)
    for change in answer.paper.changes:
        click.echo(printable(f"{change.field}: {change.after}"), err=True)
    for note in answer.paper.notes:
        click.echo(printable(f"{note.nav or nav}: {note.reason}"), err=True)
