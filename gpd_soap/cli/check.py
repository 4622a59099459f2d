"""`gpd-soap check`: finds what would stop a payment, before a payer does."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from gpd_soap.cli.texts.failures import known_cause, with_hint
from gpd_soap.cli.texts.output import print_line
from gpd_soap.core.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpd_soap.features.check.check import Part, Scope

#: Clears a progress bar, so that a line can be printed instead.
CLEAR = "\r\x1b[K"


class CannotRun(click.ClickException):
    """The check could not run, or stopped before its end."""

    exit_code = 2


@click.command()
@click.option(
    "--organization",
    "organizations",
    multiple=True,
    metavar="CODE",
    help="Fiscal code of an organization to check; may be repeated. Without it, all are checked.",
)
@click.option(
    "--configuration-only", is_flag=True, help="Check the configuration only, and no position."
)
@click.option("--all", "settled_too", is_flag=True, help="Check paid and withdrawn notices too.")
@click.option(
    "--strict", is_flag=True, help="End with exit code 1 after warnings too, as after errors."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print each finding as a JSON object on a line."
)
def check(
    organizations: tuple[str, ...],
    *,
    configuration_only: bool,
    settled_too: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Find what would stop a payment, before a payer does.

    The check builds every answer for every notice that can still be paid, drafts included. It tests
    each answer against the contract and the Node's rules, and tests that the configuration is
    consistent. It changes nothing and blocks no other program. It prints one finding on a line,
    without personal data. Exit code 0: no errors; 1: errors; 2: the check could not run.
    """
    from gpd_soap.features.check.check import Scope

    scope = Scope(tuple(dict.fromkeys(organizations)), not configuration_only, settled_too)
    counts: Counter[str] = Counter()
    for part in _parts(scope):
        counts.update(positions=part.positions, answers=part.answers)
        counts.update(finding.severity for finding in part.findings)
        for finding in part.findings:
            print_line(json.dumps(finding._asdict()) if as_json else str(finding))
    click.echo(_summary(counts, as_json=as_json))
    if counts["ERROR"] or (strict and counts["WARNING"]):
        raise SystemExit(1)


def _parts(scope: Scope) -> Iterator[Part]:
    """The steps of the check, with a progress bar on a terminal.

    Raises CannotRun if anything stops it.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.features.check.check import Part, size_of
    from gpd_soap.features.check.check import check as use_case
    from gpd_soap.features.check.exposed import of_settings
    from gpd_soap.settings import Settings
    from gpd_soap.store.database import migrate
    from gpd_soap.store.store import Store

    has_bar = sys.stderr.isatty()
    try:
        settings = Settings.load()
        store = Store(settings.database_url)
        migrate.check(store.engine)
        if not scope.organizations:
            yield Part(tuple(of_settings(settings)))
        with click.progressbar(
            length=size_of(store, scope) if has_bar else 0,
            label="checking",
            file=sys.stderr,
            hidden=not has_bar,
        ) as bar:
            for part in use_case(store, settings.address, utc_now(), scope):
                click.echo(CLEAR if has_bar else "", nl=False, err=True)
                yield part
                bar.update(part.positions)
    except OperatorError as error:
        raise CannotRun(known_cause(error) or with_hint(error)) from None
    except Exception as failure:
        # WHY: exit code 1 means that the check found errors, so a failure ends with 2.
        raise CannotRun(known_cause(failure) or f"stopped: {type(failure).__name__}") from failure


def _summary(counts: Counter[str], *, as_json: bool) -> str:
    fields = {
        "positions": counts["positions"],
        "answers": counts["answers"],
        "errors": counts["ERROR"],
        "warnings": counts["WARNING"],
    }
    if as_json:
        return json.dumps(fields)
    template = "{positions} positions and {answers} answers checked: "
    return (template + "{errors} errors, {warnings} warnings").format_map(fields)
