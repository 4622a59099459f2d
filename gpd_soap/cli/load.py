"""`gpd-soap load`: loads a file of positions, or a JSON document that also configures."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, BinaryIO

import click

from gpd_soap.cli.common import code, command_actor, ready_store, record
from gpd_soap.cli.texts import report as reports
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from gpd_soap.store.database.transaction import Transaction
    from gpd_soap.usecases.loading.check import Outcome
    from gpd_soap.usecases.loading.csv_values import Amounts
    from gpd_soap.usecases.loading.load import LoadOptions, Report
    from gpd_soap.usecases.loading.row import Row
    from gpd_soap.usecases.loading.source import Format, Source

FORMATS = ("csv", "ndjson", "json")
NAME_THE_FORMAT = "the file was read as JSON: --format names another format"
CLEAR_LINE = "\r\x1b[K"


class Unusable(click.ClickException):
    """The file cannot be loaded at all."""

    exit_code = 2


class PositionsFile(click.File):
    """A file to read; a folder is refused with what to name."""

    def convert(
        self,
        value: str | os.PathLike[str] | IO[Any],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> IO[Any]:
        """Return the open file.  Raises BadParameter (exit code 2) if it cannot be read."""
        if isinstance(value, str) and Path(value).is_dir():
            self.fail(f"{value!r} is a folder: name one of its files", param, ctx)
        return super().convert(value, param, ctx)


@click.command()
@click.argument("file", type=PositionsFile("rb"))
@click.option(
    "--format",
    "named_format",
    type=click.Choice(FORMATS),
    help="Format of FILE [default: by its ending, else json].",
)
@click.option(
    "--amounts",
    type=click.Choice(("cents", "euro")),
    default="cents",
    show_default=True,
    help="Unit of the amounts in a CSV file: 1250 is cents; 12,50 and 1.234,56 are euro.",
)
@click.option(
    "--organization",
    metavar="CODE",
    callback=code,
    help="Fiscal code of the creditor, for positions whose row names none.",
)
@click.option(
    "--keep-going",
    is_flag=True,
    help="Store the valid positions although others are refused. Without it, one refused position"
    " refuses the whole file.",
)
@click.option("--dry-run", is_flag=True, help="Print what would happen, and write nothing.")
@click.option(
    "--lenient",
    is_flag=True,
    help="Accept notice numbers that another program issued by other rules: check digits, first"
    " digit or IUV may be unusual. Each is a warning.",
)
@click.option(
    "--report",
    type=click.File("w", encoding="utf-8", lazy=False),
    metavar="CSV",
    help="Write a CSV file with a line for each position: its notice numbers, or why it was"
    " refused.",
)
def load(  # noqa: PLR0913  # an argument for each option is click's way
    file: BinaryIO,
    *,
    named_format: str | None,
    amounts: str,
    organization: str | None,
    keep_going: bool,
    dry_run: bool,
    lenient: bool,
    report: IO[str] | None,
) -> None:
    """Load a FILE of positions (- is standard input): all of them, or none.

    FILE is CSV, NDJSON (.csv, .ndjson, .jsonl), or a JSON document. The document may have the parts
    organizations, brokers, stations, services and positions. A position has GPD's fields,
    "organization" and "toPublish". The command prints a line for each position that is refused or
    has warnings. It skips a position that is stored already and has not changed, so that a load can
    be repeated. Exit code 0: all positions were accepted; 1: some were refused; 2: the file cannot
    be used, or the load stopped.
    """
    from gpd_soap.usecases.loading.check import Result
    from gpd_soap.usecases.loading.csv_values import Amounts
    from gpd_soap.usecases.loading.load import LoadOptions
    from gpd_soap.validation.strict_json import UnusableFile

    options = LoadOptions(command_actor(), keep_going, dry_run, lenient, organization)
    try:
        result = _load(file, _format(file, named_format), Amounts(amounts), report, options)
    except BrokenPipeError:
        # WHY: the reader of the output has ended, as `head` does, and no file is at fault.
        raise
    except OSError as error:
        raise Unusable(f"a file cannot be read or written: {error.strerror}") from None
    except UnusableFile as error:
        hint = "" if named_format or _has_known_ending(file) else f"; {NAME_THE_FORMAT}"
        raise Unusable(f"{error}{hint}") from None
    click.echo(_summary(result, options))
    if result.results[Result.REFUSED]:
        raise SystemExit(1)


def _format(file: BinaryIO, named: str | None) -> Format:
    """The format that was named, or that of the file's ending."""
    from gpd_soap.usecases.loading.source import Format, format_of

    return Format(named) if named else format_of(_name(file))


def _has_known_ending(file: BinaryIO) -> bool:
    return _name(file).lower().endswith(tuple(f".{each}" for each in (*FORMATS, "jsonl")))


def _name(file: BinaryIO) -> str:
    return str(getattr(file, "name", ""))


def _load(
    file: BinaryIO,
    file_format: Format,
    amounts: Amounts,
    report: IO[str] | None,
    options: LoadOptions,
) -> Report:
    from gpd_soap.clock import utc_now
    from gpd_soap.core.exchange import NOT_GIVEN
    from gpd_soap.store.access.audit import Subject
    from gpd_soap.usecases.loading.load import load as use_case
    from gpd_soap.usecases.loading.source import open_source

    size = _size(file)
    source = open_source(file, file_format, options.organization, amounts)
    name = str(getattr(file, "name", ""))
    store = ready_store()
    subject, write_record = Subject(resource=Path(name).name[:100] or None), record()

    def record_load(connection: Transaction) -> None:
        write_record(connection, subject, options.organization or NOT_GIVEN)

    is_final = report is None or (options.keep_going and not options.dry_run)
    with closing(source), TemporaryFile("w+", encoding="utf-8") as waiting:
        lines = reports.File(report, None if is_final else waiting)

        def write_outcome(outcome: Outcome) -> None:
            for line in reports.lines(outcome, source.label):
                _print_line(line)
            lines.write(outcome)

        with _progress(source, file, size) as watched_source:
            result = use_case(store, watched_source, utc_now(), options, write_outcome, record_load)
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
    if size is None or not sys.stderr.isatty():
        yield source
        return

    def rows_with_progress() -> Iterator[Row]:
        for row in source.rows:
            bar.update(file.tell() - bar.pos)
            yield row
        bar.update(size - bar.pos)

    with click.progressbar(length=size, label="loading", file=sys.stderr) as bar:
        yield source._replace(rows=rows_with_progress())


def _print_line(line: str) -> None:
    if sys.stderr.isatty():
        # WHY: the progress bar is on this line of the terminal, and is drawn again below.
        click.echo(CLEAR_LINE, nl=False, err=True)
    print_line(line)


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
