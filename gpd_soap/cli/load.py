"""`gpd-soap load`: organizations, stations, services and positions out of a JSON file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, BinaryIO

import click

from gpd_soap.cli.asking import ready_store
from gpd_soap.cli.serve import WithSettings

if TYPE_CHECKING:
    from gpd_soap.intake.document import Document
    from gpd_soap.intake.load import How, Report, Turned
    from gpd_soap.store.store import Store

#: LIMIT: of the mistakes of one position, those that its line has room for.
MOST = 10


class Unusable(click.ClickException):
    """Nothing of the file can be loaded."""

    exit_code = 2


@click.command(cls=WithSettings)
@click.argument("file", type=click.File("rb"))
@click.option("--keep-going", is_flag=True, help="Keep the good positions, refuse the others.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option(
    "--lenient",
    is_flag=True,
    help="Let pass notice numbers with wrong check digits, a strange aux digit or another IUV.",
)
def load(file: BinaryIO, *, keep_going: bool, dry_run: bool, lenient: bool) -> None:
    """Load a JSON FILE (- is standard input), all or nothing.

    Its parts, each optional: organizations, brokers, stations, services, positions; a position has
    GPD's fields, and "organization" and "toPublish".  Prints a line for each position that is
    refused.  Exit 0 when all were taken, 1 when some were refused, 2 when the file is unusable.
    """
    from gpd_soap.intake import document
    from gpd_soap.intake.load import How

    how = How(keep_going=keep_going, dry_run=dry_run, lenient=lenient)
    try:
        found = document.read(file.read())
        report = _load(ready_store(), found, how)
    except OSError as error:
        raise Unusable(f"cannot read the file: {error.strerror}") from None
    except document.UnusableFile as error:
        raise Unusable(str(error)) from None
    for turned in report.refused:
        click.echo(_line(turned))
    click.echo(_summary(report, how))
    if report.refused:
        raise SystemExit(1)


def _load(store: Store, found: Document, how: How) -> Report:
    from gpd_soap.intake.load import load as use_case
    from gpd_soap.wiring import utc_now

    with click.progressbar(
        length=2 * len(found.positions),
        label="loading",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as bar:
        return use_case(store, found, utc_now(), how, bar.update)


def _line(turned: Turned) -> str:
    said = [str(error) for error in turned.errors[:MOST]]
    if len(turned.errors) > MOST:
        said.append(f"and {len(turned.errors) - MOST} more")
    return f"positions[{turned.place}] {turned.iupd}: {'; '.join(said)}"


def _summary(report: Report, how: How) -> str:
    nothing = report.refused and not how.keep_going
    verb = "would be loaded" if how.dry_run else "loaded"
    kinds = ", ".join(f"{count} {rule}" for rule, count in sorted(report.warnings.items()))
    warned = f"{report.warnings.total()} warnings" + (f" ({kinds})" if kinds else "")
    told = f"{report.kept} of {report.found} positions {verb}, {len(report.refused)} refused"
    return f"{told}, {warned}" + ("; nothing was written" if nothing or how.dry_run else "")
