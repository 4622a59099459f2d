"""`gpd-soap retention`: what is kept and how long, and the persons that are forgotten."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from gpd_soap.cli.common import (
    CommandGroup,
    code,
    command_actor,
    of_organization,
    ready_store,
    record,
    refusals,
)

if TYPE_CHECKING:
    from gpd_soap.usecases.retention.keep import By, Step
    from gpd_soap.usecases.retention.report import OfPerson, ReportLine

KINDS = ("journal", "events", "audit", "quarantine", "positions", "receipts")
REMAINS = (
    "the database's files may still have bytes of what was removed: run `gpd-soap retention run`"
    " again while nothing else uses them"
)


@click.group(cls=CommandGroup)
def retention() -> None:
    """Report what is kept and how long, and forget persons."""


@retention.command("report")
@click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Fiscal code of an organization; without it, the report is of all.",
)
def report(organization: str | None) -> None:
    """Print what is kept of each kind: how much, since when, how long, and on what ground.

    A row that is due is removed or forgotten by the next `gpd-soap retention run`.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases.retention import report as use_case

    for line in use_case.of_organizations(ready_store(), utc_now(), organization):
        click.echo(_line(line))


def _line(line: ReportLine) -> str:
    """What is kept of a kind, on a line."""
    holding = line.kept
    parts = [f"{holding.rows} rows"]
    if holding.oldest is not None and line.until is not None:
        parts.append(
            f"the oldest of {holding.oldest:%Y-%m-%d}, until {line.until:%Y-%m-%d} or later"
        )
    parts.append(f"{holding.due} due")
    if line.kind in ("positions", "receipts"):
        parts.append(f"{holding.forgotten} forgotten")
    parts.append(f"kept {line.months}m: {line.ground}")
    return f"{line.organization} {line.kind}: {'; '.join(parts)}"


@retention.command("set")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("months", metavar="MONTHS|default")
@of_organization
def set_term(kind: str, months: str, organization: str) -> None:
    """Set how long an organization keeps a kind, such as `positions 36m`.

    The term is never shorter than the law requires: 24m for journal, audit and quarantine, 120m for
    receipts. Positions have 12m at least, from the day on which nothing of them can be paid.
    """
    from gpd_soap.store.retention.terms import TermKind
    from gpd_soap.usecases.retention import terms

    match = re.fullmatch(r"([1-9][0-9]{0,3})m", months)
    if match is None and months != "default":
        raise click.BadParameter("MONTHS: expected months, such as 24m, or default")
    number = None if match is None else int(match[1])
    with refusals():
        terms.put(ready_store(), organization, TermKind(kind), number, record())
    click.echo(f"{organization} {kind}: {months}")


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Print the numbers, and change nothing.")
def run(*, dry_run: bool) -> None:
    """Remove what is beyond its term, and forget the persons of old positions and receipts.

    Amounts, numbers, dates and states stay. The command may be stopped and run again. On
    PostgreSQL, the owner of the tables runs it. On SQLite the file is written anew at the end, and
    no other process writes meanwhile.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.settings import Settings
    from gpd_soap.usecases.retention.keep import keep

    with refusals():
        steps = keep(ready_store(), Settings.load(), utc_now(), _by(), dry_run=dry_run)
        for step in steps:
            click.echo(_step(step, dry_run=dry_run))


def _step(step: Step, *, dry_run: bool) -> str:
    """A step of a run, on a line."""
    from gpd_soap.usecases.retention.keep import Cleaned, Forgotten

    if isinstance(step, Cleaned):
        return "the database's files were cleaned" if step.done else REMAINS
    deed = "forgotten" if isinstance(step, Forgotten) else "removed"
    name = f"{step.organization} {step.kind}".strip() if isinstance(step, Forgotten) else step.kind
    ending = f"would be {deed}" if dry_run else deed
    return f"{name}: {step.rows} from before {step.until:%Y-%m-%d} {ending}"


@retention.command("forget")
@of_organization
@click.option(
    "--debtor-code",
    prompt="Code of the debtor",
    metavar="CODE",
    help="Code of the debtor; without the option it is read from standard input, where no list of"
    " processes shows it.",
)
@click.option("--dry-run", is_flag=True, help="Print what is kept, and change nothing.")
def forget(organization: str, debtor_code: str, *, dry_run: bool) -> None:
    """Forget a debtor who asks for it, as far as the law and what can still be paid allow.

    Closed positions are forgotten at once, receipts when their term has ended. The command prints
    what stays, and on what ground.
    """
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases.retention import report as use_case

    person, store, now = debtor_code.strip(), ready_store(), utc_now()
    if not person:
        raise click.BadParameter("--debtor-code: expected a code")
    with refusals():
        if dry_run:
            _print_person(use_case.of_person(store, organization, person, now), dry_run=True)
            return
        done, cleaned = use_case.forget_person(store, organization, person, now, _by())
    _print_person(done, dry_run=False)
    if not cleaned:
        click.echo(REMAINS)


def _print_person(person: OfPerson, *, dry_run: bool) -> None:
    """Prints what is kept of a person: what goes, and what stays."""
    goes = "can be forgotten" if dry_run else "forgotten"
    click.echo(f"closed positions: {person.closed_positions} {goes}")
    click.echo(f"receipts beyond their term: {person.old_receipts} {goes}")
    click.echo(f"remembered answers: {person.responses} {goes}")
    click.echo(f"open positions: {person.open_positions} stay: they can be paid, or a case is open")
    ends = (
        "their term ends" if person.receipts_until is None else f"{person.receipts_until:%Y-%m-%d}"
    )
    click.echo(f"receipts: {person.receipts} stay, the last until {ends}: proof of payment")
    click.echo(f"messages in quarantine: {person.messages} stay until their term ends")


def _by() -> By:
    from gpd_soap.usecases.retention.keep import By

    return By(command_actor(), record())
