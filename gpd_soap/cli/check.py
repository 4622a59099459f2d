"""`gpd-soap check`: what a payer would trip over, told beforehand."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from gpd_soap.core.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpd_soap.features.check.check import Part, Scope

#: Takes away what is left of a progress bar, so that a line can be printed in its place.
CLEAR = "\r\x1b[K"


class CannotRun(click.ClickException):
    """The check could not be made, or not to its end."""

    exit_code = 2


@click.command()
@click.option(
    "--organization",
    "organizations",
    multiple=True,
    metavar="CODE",
    help="Look at this organization, its services and its positions alone; may be repeated.",
)
@click.option("--configuration-only", is_flag=True, help="Look at no position.")
@click.option("--all", "over", is_flag=True, help="Look at settled and withdrawn notices too.")
@click.option("--strict", is_flag=True, help="Let warnings end with 1, as errors do.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
def check(
    organizations: tuple[str, ...],
    *,
    configuration_only: bool,
    over: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Look for what would stop a payment, before a payer meets it.

    Builds every answer of every notice that may still be asked for, drafts included, and holds it
    against the contract and the Node's rules; looks whether configuration fits together.  Changes
    nothing, and nobody waits for it.  Prints a line for each finding, with nothing of a debtor's.
    Exit 0 without errors, 1 with errors, 2 when it cannot run.
    """
    from gpd_soap.features.check.check import Scope

    scope = Scope(tuple(dict.fromkeys(organizations)), not configuration_only, over)
    found: Counter[str] = Counter()
    for part in _parts(scope):
        found.update(positions=part.positions, answers=part.answers)
        found.update(finding.severity for finding in part.findings)
        for finding in part.findings:
            click.echo(json.dumps(finding._asdict()) if as_json else finding)
    click.echo(_summary(found, as_json=as_json))
    if found["ERROR"] or (strict and found["WARNING"]):
        raise SystemExit(1)


def _parts(scope: Scope) -> Iterator[Part]:
    """The steps of the check, with a bar on a terminal; CannotRun whatever stops it."""
    from gpd_soap.clock import utc_now
    from gpd_soap.features.check.check import Part, size_of
    from gpd_soap.features.check.check import check as use_case
    from gpd_soap.features.check.exposed import of_settings
    from gpd_soap.settings import Settings
    from gpd_soap.store.database import migrate
    from gpd_soap.store.store import Store

    shown = sys.stderr.isatty()
    try:
        settings = Settings.load()
        store = Store(settings.database_url)
        migrate.check(store.engine)
        if not scope.organizations:
            yield Part(tuple(of_settings(settings)))
        with click.progressbar(
            length=size_of(store, scope) if shown else 0,
            label="checking",
            file=sys.stderr,
            hidden=not shown,
        ) as bar:
            for part in use_case(store, settings.address, utc_now(), scope):
                click.echo(CLEAR if shown else "", nl=False, err=True)
                yield part
                bar.update(part.positions)
    except OperatorError as error:
        raise CannotRun(f"{error}\n  {error.hint}") from None
    except Exception as failure:
        # WHY: exit 1 would say that errors were found.
        raise CannotRun(f"stopped: {type(failure).__name__}") from failure


def _summary(found: Counter[str], *, as_json: bool) -> str:
    told = {
        "positions": found["positions"],
        "answers": found["answers"],
        "errors": found["ERROR"],
        "warnings": found["WARNING"],
    }
    if as_json:
        return json.dumps(told)
    said = "{positions} positions looked at, {answers} answers checked: "
    return (said + "{errors} errors, {warnings} warnings").format_map(told)
