"""`gpd-soap notices`: the notices of many positions, as files of a folder."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from gpd_soap.cli.common import command_actor, of_only_organization, ready_store, refusals
from gpd_soap.cli.documents.commands import one_of
from gpd_soap.cli.documents.opening import printer
from gpd_soap.cli.texts.output import print_line

if TYPE_CHECKING:
    from datetime import datetime

    from gpd_soap.features.documents.archive.batch import Request
    from gpd_soap.features.documents.archive.opening import Printer
    from gpd_soap.store.database.database import Database
    from gpd_soap.store.documents.batches import Batch

NAV_LENGTH = 18


@click.command()
@click.option(
    "--output",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder for the files; it is made if it is missing.",
)
@of_only_organization
@click.option(
    "--list",
    "numbers",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Print the notices of a file with one number (NAV) a line; - is standard input.",
)
@click.option(
    "--load",
    metavar="ID",
    help="Print the positions of one load: its instant, in UTC unless it has an offset, or `last`.",
)
@click.option(
    "--due",
    nargs=2,
    metavar="FIRST LAST",
    help="Print the positions with a notice that is due in these days, both included.",
)
@click.option(
    "--resume", metavar="BATCH", help="Go on with a batch that did not end or was cancelled."
)
@refusals()
def notices(
    output: Path,
    organization: str | None,
    numbers: TextIO | None,
    load: str | None,
    due: tuple[str, str] | None,
    resume: str | None,
) -> None:
    """Print many notices: one file for each, and outcomes.csv with the reason of each refused one.

    With --load and --due, a file has every way to pay its position. A second run with --resume and
    the id of the batch, which is printed first, prints what a stopped run left.
    """
    if sum(each is not None for each in (numbers, load, due, resume)) != 1:
        raise click.UsageError("give one of --list, --load, --due and --resume")
    made = printer(store := ready_store())
    from gpd_soap.clock import utc_now
    from gpd_soap.features.documents.archive.batch import Producer

    owner = one_of(store, organization)
    if resume is None:
        batch = _begin(store, owner, _request(store, owner, numbers, load, due))
    else:
        batch = _existing(store, owner, resume)
    print_line(f"batch {batch.id}: {batch.total} notices")
    output.mkdir(parents=True, exist_ok=True)
    with click.progressbar(
        length=batch.total, label="printing", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        producer = Producer(store, made.archive, utc_now)
        producer.produce(batch, command_actor(), lambda _, done: bar.update(done - bar.pos))
    released, refused = _write(store, made, batch, output)
    print_line(f"{released} released, {refused} refused")
    if refused:
        raise click.exceptions.Exit(1)


def _begin(store: Database, organization: str, request: Request) -> Batch:
    from gpd_soap.clock import utc_now
    from gpd_soap.features.documents.archive.batch import begin
    from gpd_soap.store.database.transaction import in_transaction

    now, actor = utc_now(), command_actor()
    return in_transaction(store, lambda c: begin(c, organization, request, actor, now))


def _request(
    store: Database,
    organization: str,
    numbers: TextIO | None,
    load: str | None,
    due: tuple[str, str] | None,
) -> Request:
    """What the options choose.  Raises UsageError for an instant or a day that is none."""
    from gpd_soap.features.documents.archive.batch import Request
    from gpd_soap.store.documents.batches import Choice

    if numbers is not None:
        navs = [line.strip() for line in numbers if line.strip()]
        if any(len(nav) > NAV_LENGTH or not nav.isprintable() for nav in navs):
            raise click.UsageError("--list: expected one notice number of 18 digits a line")
        return Request(navs)
    if due is not None:
        return Request(choice=Choice(due=_days(*due)))
    assert load is not None
    return Request(choice=Choice(loaded_at=_load(store, organization, load)))


def _days(first: str, last: str) -> tuple[datetime, datetime]:
    from datetime import datetime, time

    from gpd_soap.core import rome

    try:
        days = rome.parse_day(first), rome.parse_day(last)
    except ValueError as error:
        raise click.UsageError(f"--due: {error}") from None
    return datetime.combine(days[0], time.min, rome.ROME), rome.end_of_day(days[1])


def _load(store: Database, organization: str, load: str) -> datetime:
    from datetime import UTC, datetime

    from gpd_soap.store.database.transaction import read_only
    from gpd_soap.store.documents.batches import last_load

    if load == "last":
        instant = read_only(store, lambda c: last_load(c, organization))
        if instant is None:
            raise click.ClickException("no load has stored a position of the organization")
        return instant
    try:
        instant = datetime.fromisoformat(load)
    except ValueError:
        raise click.UsageError("--load: expected an instant, or `last`") from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _existing(store: Database, organization: str, batch_id: str) -> Batch:
    from gpd_soap.store.database.transaction import in_transaction, read_only
    from gpd_soap.store.documents import batches

    batch = read_only(store, lambda c: batches.get(c, organization, batch_id))
    if batch is None:
        raise click.ClickException("the organization has no batch with this id")
    return in_transaction(store, lambda c: batches.reopen(c, batch))


def _write(store: Database, made: Printer, batch: Batch, folder: Path) -> tuple[int, int]:
    """Write the files of a batch; return how many notices were released and refused."""
    from gpd_soap.features.documents.archive.batch import HEADER, file_name, lines_of, row_of

    released = refused = 0
    with (folder / "outcomes.csv").open("w", encoding="utf-8", newline="") as report:
        table = csv.writer(report)
        table.writerow(HEADER)
        for line in lines_of(store, batch):
            archived = line.document and made.archive.read(batch.organization, line.document)
            table.writerow(row_of(line if archived else line._replace(document=None)))
            if not archived:
                print_line(f"{line.nav}: {line.reason or 'its person was forgotten'}")
                refused += 1
                continue
            (folder / file_name(line)).write_bytes(archived.pdf)
            released += 1
    return released, refused
