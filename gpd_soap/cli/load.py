"""`gpd-soap load`: positions out of a file, and what a JSON document configures."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, BinaryIO

import click

from gpd_soap.cli import report as reports
from gpd_soap.cli.common import code, ready_store

if TYPE_CHECKING:
    from gpd_soap.usecases.loading.check import Outcome
    from gpd_soap.usecases.loading.load import LoadOptions, Report
    from gpd_soap.usecases.loading.row import Row
    from gpd_soap.usecases.loading.source import Source

FORMATS = ("csv", "ndjson", "json")
CLEAR_LINE = "\r\x1b[K"


class Unusable(click.ClickException):
    """Nothing of the file can be loaded."""

    exit_code = 2


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--format", "written", type=click.Choice(FORMATS), help="By default what FILE ends in, or json."
)
@click.option(
    "--organization", metavar="CODE", callback=code, help="Whose positions are that do not say."
)
@click.option("--keep-going", is_flag=True, help="Keep the good positions, batch by batch.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option(
    "--lenient",
    is_flag=True,
    help="Let pass notice numbers with wrong check digits, a strange aux digit or another IUV.",
)
@click.option(
    "--report",
    type=click.File("w", encoding="utf-8", lazy=False),
    metavar="CSV",
    help="Write a line for each position, with its notice numbers, to this file.",
)
def load(  # noqa: PLR0913  # an argument for each option is click's way
    file: BinaryIO,
    *,
    written: str | None,
    organization: str | None,
    keep_going: bool,
    dry_run: bool,
    lenient: bool,
    report: IO[str] | None,
) -> None:
    """Load a FILE of positions (- is standard input), all or nothing.

    CSV, NDJSON (.csv, .ndjson, .jsonl), or a JSON document with the parts organizations, brokers,
    stations, services and positions, each optional; a position has GPD's fields, and "organization"
    and "toPublish".  Prints a line for each position that is refused; one that is there already,
    unchanged, is passed over, so that a load can be run again.  Exit 0 when all were taken, 1 when
    some were refused, 2 when the file is unusable.
    """
    from gpd_soap.usecases.loading.check import Result
    from gpd_soap.usecases.loading.load import LoadOptions
    from gpd_soap.validation.strict_json import UnusableFile

    how = LoadOptions(keep_going, dry_run, lenient, organization)
    try:
        ended = _load(file, written, report, how)
    except OSError as error:
        raise Unusable(f"cannot read or write a file: {error.strerror}") from None
    except UnusableFile as error:
        raise Unusable(str(error)) from None
    click.echo(_summary(ended, how))
    if ended.results[Result.REFUSED]:
        raise SystemExit(1)


def _load(file: BinaryIO, written: str | None, report: IO[str] | None, how: LoadOptions) -> Report:
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases.loading.load import load as use_case
    from gpd_soap.usecases.loading.source import Format, format_of, open_source

    size = _size(file)
    named = str(getattr(file, "name", ""))
    source = open_source(file, Format(written or format_of(named)), how.organization)
    store = ready_store()
    settled = report is None or (how.keep_going and not how.dry_run)
    with TemporaryFile("w+", encoding="utf-8") as waiting:
        lines = reports.File(report, None if settled else waiting)

        def tell(outcome: Outcome) -> None:
            if outcome.errors:
                _say(reports.refusal(outcome, source.label))
            lines.tell(outcome)

        with _progress(source, file, size) as watched:
            ended = use_case(store, watched, utc_now(), how, tell)
        lines.finish(_loaded(ended, how))
    return ended


def _size(file: BinaryIO) -> int | None:
    """Its bytes, where that can be known before they are read."""
    if not file.seekable():
        return None
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


@contextmanager
def _progress(source: Source, file: BinaryIO, size: int | None) -> Iterator[Source]:
    """The same source, with a bar on the terminal that moves as it is read."""
    length = size if source.whole is None else source.whole
    if length is None or not sys.stderr.isatty():
        yield source
        return

    def moving() -> Iterator[Row]:
        for row in source.rows:
            bar.update((file.tell() if source.whole is None else row.row_number) - bar.pos)
            yield row
        bar.update(length - bar.pos)

    with click.progressbar(length=length, label="loading", file=sys.stderr) as bar:
        yield source._replace(rows=moving())


def _say(line: str) -> None:
    if sys.stderr.isatty():
        # WHY: the bar stands where the line goes, and is drawn again.
        click.echo(CLEAR_LINE, nl=False, err=True)
    click.echo(line)


def _loaded(report: Report, how: LoadOptions) -> str:
    """What has become of the positions that were good."""
    from gpd_soap.usecases.loading.check import Result

    if report.kept:
        return "loaded"
    spoilt = report.results[Result.REFUSED] and not how.keep_going
    return "not loaded" if spoilt else "would be loaded"


def _summary(report: Report, how: LoadOptions) -> str:
    from gpd_soap.usecases.loading.check import Result

    results = report.results
    kinds = ", ".join(f"{count} {rule}" for rule, count in sorted(report.warnings.items()))
    warned = f"{report.warnings.total()} warnings" + (f" ({kinds})" if kinds else "")
    told = (
        f"{results.total()} positions: {results[Result.LOADED]} {_loaded(report, how)}, "
        f"{results[Result.THERE]} already there, {results[Result.REFUSED]} refused, {warned}"
    )
    return told + ("" if report.kept else "; nothing was written")
