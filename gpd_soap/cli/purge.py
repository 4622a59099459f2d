"""`gpd-soap purge`: removes what has been kept for its term."""

from __future__ import annotations

import re

import click

from gpd_soap.cli.common import as_errors, ready_store, record


def months(_context: click.Context, option: click.Parameter, value: str) -> int:
    """The number of months in a text such as 24m; raises BadParameter for any other text."""
    match = re.fullmatch(r"([1-9][0-9]{0,2})m", value)
    if match is None:
        raise click.BadParameter(f"{option.opts[0]}: expected months, such as 24m")
    return int(match[1])


@click.command()
@click.option(
    "--journal",
    default="24m",
    show_default=True,
    metavar="MONTHS",
    callback=months,
    help="Age of the journal's entries to remove, 24m or more.",
)
@click.option(
    "--events",
    default="24m",
    show_default=True,
    metavar="MONTHS",
    callback=months,
    help="Age of the events to remove, 1m or more.",
)
@click.option(
    "--audit",
    default="24m",
    show_default=True,
    metavar="MONTHS",
    callback=months,
    help="Age of the audit's rows to remove, 24m or more.",
)
@click.option(
    "--quarantine",
    default="120m",
    show_default=True,
    metavar="MONTHS",
    callback=months,
    help="Age of the quarantined messages to remove, 24m or more; an open case is never removed.",
)
@click.option(
    "--tally",
    default="120m",
    show_default=True,
    metavar="MONTHS",
    callback=months,
    help="Age of the tally's hours to remove, 24m or more.",
)
@click.option("--dry-run", is_flag=True, help="Print the numbers, and remove nothing.")
def purge(*, dry_run: bool, **months: int) -> None:
    """Remove what has been kept for its term: journal, events, tally, audit, quarantine and more.

    A term that an organization has set with `gpd-soap retention set` overrides these. Responses to
    an Idempotency-Key are removed after 24 hours, demands after a day or after
    GPD_DEMAND_WINDOW if that is longer. The command may be stopped and run again. On PostgreSQL,
    the owner of the tables runs it, and it creates the partitions of the next months.
    """
    from datetime import timedelta

    from gpd_soap.clock import utc_now
    from gpd_soap.settings import Settings
    from gpd_soap.usecases.purge import Terms, run

    window = timedelta(seconds=Settings.load().demand_window)
    terms = Terms(**months, demand_window=window)
    ending = "would be removed" if dry_run else "removed"
    with as_errors():
        for kind, rows, until in run(ready_store(), terms, utc_now(), record(), dry_run=dry_run):
            click.echo(f"{kind}: {rows} from before {until:%Y-%m-%d} {ending}")
