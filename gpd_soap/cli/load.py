"""`gpd-soap load`: loads a file of positions, or a JSON document that also configures."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, BinaryIO

import click

from gpd_soap.cli import report as reports
from gpd_soap.cli.common import code, command_actor, ready_store

if TYPE_CHECKING:
    from gpd_soap.usecases.loading.check import Outcome
    from gpd_soap.usecases.loading.load import LoadOptions, Report
    from gpd_soap.usecases.loading.row import Row
    from gpd_soap.usecases.loading.source import Source

FORMATS = ("csv", "ndjson", "json")
CLEAR_LINE = "\r\x1b[K"


class Unusable(click.ClickException):
    """The file cannot be loaded at all."""

    exit_code = 2


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--format",
    "named_format",
    type=click.Choice(FORMATS),
    help="Format of FILE [default: by its ending, else json].",
)
@click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Fiscal code of the organization of the rows that do not name one.",
)
@click.option(
    "--keep-going",
    is_flag=True,
    help="Store the valid positions, batch by batch, even if others are refused.",
)
@click.option("--dry-run", is_flag=True, help="Print what would happen, and write nothing.")
@click.option(
    "--lenient",
    is_flag=True,
    help="Accept notice numbers with wrong check digits, an unusual aux digit or another IUV.",
)
@click.option(
    "--report",
    type=click.File("w", encoding="utf-8", lazy=False),
    metavar="CSV",
    help="CSV file to write, with a line for each position and its notice numbers.",
)
def load(  # noqa: PLR0913  # an argument for each option is click's way
    file: BinaryIO,
    *,
    named_format: str | None,
    organization: str | None,
    keep_going: bool,
    dry_run: bool,
    lenient: bool,
    report: IO[str] | None,
) -> None:
    """Load a FILE of positions (- is standard input): all of them, or none.

    FILE is CSV, NDJSON (.csv, .ndjson, .jsonl), or a JSON document. The document may have the parts
    organizations, brokers, stations, services and positions. A position has GPD's fields,
    "organization" and "toPublish". The command prints a line for each refused position. It skips a
    position that is stored already and has not changed, so that a load can be repeated. Exit code
    0: all positions were accepted; 1: some were refused; 2: the file cannot be used.
    """
    from gpd_soap.usecases.loading.check import Result
    from gpd_soap.usecases.loading.load import LoadOptions
    from gpd_soap.validation.strict_json import UnusableFile

    options = LoadOptions(keep_going, dry_run, lenient, organization)
    try:
        result = _load(file, named_format, report, options)
    except OSError as error:
        raise Unusable(f"a file cannot be read or written: {error.strerror}") from None
    except UnusableFile as error:
        raise Unusable(str(error)) from None
    click.echo(_summary(result, options))
    if result.results[Result.REFUSED]:
        raise SystemExit(1)


def _load(
    file: BinaryIO, named_format: str | None, report: IO[str] | None, options: LoadOptions
) -> Report:
    from gpd_soap.clock import utc_now
    from gpd_soap.usecases.loading.load import load as use_case
    from gpd_soap.usecases.loading.source import Format, format_of, open_source

    size = _size(file)
    name = str(getattr(file, "name", ""))
    source = open_source(file, Format(named_format or format_of(name)), options.organization)
    store = ready_store()
    is_final = report is None or (options.keep_going and not options.dry_run)
    with TemporaryFile("w+", encoding="utf-8") as waiting:
        lines = reports.File(report, None if is_final else waiting)

        def write_outcome(outcome: Outcome) -> None:
            if outcome.errors:
                _print_line(reports.refusal(outcome, source.label))
            lines.write(outcome)

        with _progress(source, file, size) as watched_source:
            result = use_case(
                store, watched_source, utc_now(), options, write_outcome, command_actor()
            )
        lines.finish(_loaded_word(result, options))
    return result


def _size(file: BinaryIO) -> int | None:
    """The size of a file in bytes; None if it can only be known by reading."""
    if not file.seekable():
        return None
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


@contextmanager
def _progress(source: Source, file: BinaryIO, size: int | None) -> Iterator[Source]:
    """The same source, with a progress bar if standard error is a terminal."""
    length = size if source.whole is None else source.whole
    if length is None or not sys.stderr.isatty():
        yield source
        return

    def rows_with_progress() -> Iterator[Row]:
        for row in source.rows:
            bar.update((file.tell() if source.whole is None else row.row_number) - bar.pos)
            yield row
        bar.update(length - bar.pos)

    with click.progressbar(length=length, label="loading", file=sys.stderr) as bar:
        yield source._replace(rows=rows_with_progress())


def _print_line(line: str) -> None:
    if sys.stderr.isatty():
        # WHY: the progress bar is on this line of the terminal, and is drawn again below.
        click.echo(CLEAR_LINE, nl=False, err=True)
    click.echo(line)


def _loaded_word(report: Report, options: LoadOptions) -> str:
    """The result of the valid positions, as a person reads it."""
    from gpd_soap.usecases.loading.check import Result

    if report.written:
        return "loaded"
    is_refused = report.results[Result.REFUSED] and not options.keep_going
    return "not loaded" if is_refused else "would be loaded"


def _summary(report: Report, options: LoadOptions) -> str:
    from gpd_soap.usecases.loading.check import Result

    results = report.results
    kinds = ", ".join(f"{count} {rule}" for rule, count in sorted(report.warnings.items()))
    warnings = f"{report.warnings.total()} warnings" + (f" ({kinds})" if kinds else "")
    summary = (
        f"{results.total()} positions: {results[Result.LOADED]} {_loaded_word(report, options)}, "
        f"{results[Result.ALREADY_LOADED]} already there, "
        f"{results[Result.REFUSED]} refused, {warnings}"
    )
    return summary + ("" if report.written else "; nothing was written")
