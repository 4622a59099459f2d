"""`gpd-soap organization printing`: what an organization prints about itself on notices."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, BinaryIO

import click

from gpd_soap.cli.common import as_errors, code, read, ready_store, record
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from gpd_soap.store.configuration.printing import PrintSettings

#: The value of an option that removes what is stored.
NONE = ""


@click.command()
@click.argument("organization", metavar="ORGANIZATION", callback=code)
@click.option("--info", metavar="TEXT", help="Telephone, mail and site.")
@click.option("--cbill", metavar="CODE", help="The organization's code for CBILL.")
@click.option(
    "--account-holder",
    metavar="NAME",
    help="Holder of the postal account, if it is not the organization.",
)
@click.option(
    "--authorisation", metavar="TEXT", help="Poste Italiane's authorisation to print slips."
)
@click.option("--site/--no-site", default=None, help="Whether the own site takes payments.")
@click.option("--app/--no-app", default=None, help="Whether the own app takes payments.")
@click.option(
    "--language",
    metavar="NAME",
    help="it, it-XX for a second language in grey, it+XX for two equal languages, XX for that"
    " one alone; XX is en, de, fr or sl.",
)
@click.option("--logo", type=click.File("rb"), metavar="FILE", help="SVG, PNG or JPEG, 64 KiB.")
@click.option("--no-logo", is_flag=True, help="Remove the logo.")
def printing(organization: str, logo: BinaryIO | None, *, no_logo: bool, **options: object) -> None:
    """Print what the ORGANIZATION prints about itself on notices, or change it.

    What no option names stays as it is; an empty text ("") removes what is stored.
    """
    from gpd_soap.usecases.configuration import Registry
    from gpd_soap.validation.printing import PrintFields

    if logo is not None and no_logo:
        raise click.UsageError("use --logo or --no-logo, not both")
    names = {"account_holder": "accountHolder"}
    changed = {
        names.get(name, name): None if value == NONE else value
        for name, value in options.items()
        if value is not None
    }
    if logo is not None or no_logo:
        changed["logo"] = None if logo is None else b64encode(logo.read()).decode()
    registry = Registry(ready_store(), record())
    if not changed:
        with as_errors():
            _print_settings(registry.printing(organization))
        return
    fields = read(PrintFields, **changed)
    with as_errors():
        new, _ = registry.put_printing(organization, fields)
        click.echo("registered" if new else "changed")


def _print_settings(settings: PrintSettings) -> None:
    from gpd_soap.validation.logo import read_logo

    for name, value in settings._asdict().items():
        if isinstance(value, bytes):
            picture = read_logo(value)
            text = f"{picture.format}, {picture.width:g} x {picture.height:g}, {len(value)} bytes"
        elif isinstance(value, bool):
            text = "yes" if value else "no"
        else:
            text = str(value or "-")
        print_line(f"{name.replace('_', '-')}: {text}")
