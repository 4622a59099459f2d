"""Makes the notices of a batch, some at a time, and the zip of those that were released.

A process that ends at any moment leaves a batch that another one continues.  The outcome of a line
is stored in the transaction that releases its document.
"""

from __future__ import annotations

import csv
import io
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gpd_soap.clock import Clock
from gpd_soap.core.actor import Actor
from gpd_soap.features.documents.archive.archive import Archive, Draft, Ids, draft_of
from gpd_soap.features.documents.issuer import issuer_of, languages_of
from gpd_soap.features.documents.notice import Reason, Refused, choose, paper_of, ways_of
from gpd_soap.features.documents.print_service.sent import draft_of_item
from gpd_soap.features.documents.release import DocumentDiffers
from gpd_soap.store.configuration import printing
from gpd_soap.store.configuration.printing import PrintSettings
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.documents import batches
from gpd_soap.store.documents.batches import Batch, BatchLine, BatchState, Choice, SentLine
from gpd_soap.store.positions import numbers
from gpd_soap.store.positions import read as positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases.refusals import OrganizationNotFound
from gpd_soap.validation.queries.print_service import NoticeItem

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

#: LIMIT: 20 documents in one transaction and in memory, a second's work.
CHUNK = 20
#: LIMIT: lines in memory while a zip or a list is made.
LINES = 500
#: LIMIT: 8 times the positions of a chunk may change between their reading and the release.
ATTEMPTS = 8
DIFFERS = "Il documento prodotto non corrisponde ai dati: il programma va corretto."
MOVED = "La posizione cambia di continuo: l'avviso va chiesto di nuovo."

#: Called in the transaction that stores outcomes, as its last work, with how many lines have one.
Advance = Callable[[Transaction, int], object]


#: Columns of the table of outcomes.
HEADER = ("number", "notice", "file", "reason")


class Request(NamedTuple):
    """What a batch prints: notices by number, positions that are chosen, or what was sent."""

    navs: Sequence[str] = ()
    choice: Choice | None = None
    sent: Sequence[SentLine] = ()


def begin(
    connection: Transaction, organization: str, request: Request, actor: Actor, now: datetime
) -> Batch:
    """Add a batch with its lines, in the caller's transaction.  Raises OrganizationNotFound."""
    if not numbers.is_registered(connection, organization):
        raise OrganizationNotFound
    batch_id = f"bat_{uuid.uuid4().hex}"
    if request.sent:
        total = batches.add_sent(connection, organization, batch_id, request.sent)
    elif request.choice is None:
        total = batches.add_list(connection, organization, batch_id, request.navs)
    else:
        total = batches.add_chosen(connection, organization, batch_id, request.choice)
    options = {"whole": request.choice is not None, "sent": bool(request.sent)}
    state, who = str(BatchState.RUNNING), str(actor.kind)
    batch = Batch(organization, batch_id, options, total, state, now, None, who, actor.id)
    batches.add(connection, batch)
    return batch


class Producer:
    """Makes the documents of batches."""

    def __init__(self, database: Database, archive: Archive, clock: Clock) -> None:
        """Use these collaborators for every batch."""
        self._database, self._archive = database, archive
        self._clock = clock

    def produce(
        self,
        batch: Batch,
        actor: Actor,
        advance: Advance = lambda *_: None,
        check: Callable[[], object] = lambda: None,
    ) -> None:
        """Give each line of a batch that has no outcome its document, or its reason.

        `check` is called before each chunk, and may raise to stop.
        """
        after = 0
        while True:
            check()
            chunk = read_only(
                self._database,
                partial(batches.lines, batch=batch, after=after, limit=CHUNK, waiting=True),
            )
            if not chunk:
                break
            self._chunk(batch, chunk, actor, advance)
            after = chunk[-1].number
        now = self._clock()
        in_transaction(
            self._database,
            lambda c: batches.end(c, batch.organization, batch.id, BatchState.DONE, now),
        )

    def _chunk(
        self, batch: Batch, chunk: Sequence[BatchLine], actor: Actor, advance: Advance
    ) -> None:
        """Store the outcome of each line, at once or, where a document differs, one by one."""
        waiting = list(chunk)
        for _ in range(ATTEMPTS):
            try:
                waiting = self._lines(batch, waiting, actor, advance)
            except DocumentDiffers:
                if len(waiting) > 1:
                    for line in waiting:
                        self._chunk(batch, [line], actor, advance)
                    return
                self._refuse(batch, waiting, DIFFERS, advance)
                return
            if not waiting:
                return
        self._refuse(batch, waiting, MOVED, advance)

    def _lines(
        self, batch: Batch, lines: Sequence[BatchLine], actor: Actor, advance: Advance
    ) -> list[BatchLine]:
        """Store the outcomes of lines; return those whose positions changed meanwhile."""
        now = self._clock()
        decided = self._decide(batch, lines, now)
        drafts = {each.id: each for each in decided.values() if isinstance(each, Draft)}
        moved: list[BatchLine] = []

        def store(connection: Transaction, released: Ids) -> None:
            outcomes = []
            moved.clear()
            for line in lines:
                answer = decided[line.number]
                if isinstance(answer, Refused):
                    outcomes.append(line._replace(reason=str(answer.reason)))
                elif answer.id in released:
                    outcomes.append(line._replace(document=answer.id))
                else:
                    moved.append(line)
            _outcomes(connection, batch, outcomes, advance)

        if drafts:
            self._archive.release(list(drafts.values()), actor, now, store)
        else:
            in_transaction(self._database, lambda c: store(c, frozenset()))
        return moved

    def _decide(
        self, batch: Batch, lines: Sequence[BatchLine], now: datetime
    ) -> dict[int, Draft | Refused]:
        """Return what is to be released for each line, or why nothing is, by its number."""

        def read(connection: Transaction) -> tuple[Mapping[str, Stored], PrintSettings]:
            navs = [line.nav for line in lines]
            stored = positions.of_numbers(connection, batch.organization, navs)
            return stored, printing.read(connection, batch.organization)

        stored, settings = read_only(self._database, read)
        return {
            line.number: _draft(batch, line, stored.get(line.nav), settings, now) for line in lines
        }

    def _refuse(
        self, batch: Batch, lines: Sequence[BatchLine], reason: str, advance: Advance
    ) -> None:
        outcomes = [line._replace(reason=reason) for line in lines]
        in_transaction(self._database, lambda c: _outcomes(c, batch, outcomes, advance))


def _draft(
    batch: Batch, line: BatchLine, stored: Stored | None, settings: PrintSettings, now: datetime
) -> Draft | Refused:
    nav = line.nav
    if line.template is not None:
        if line.request is None:
            return Refused(Reason.SENT_ERASED, nav)
        return draft_of_item(NoticeItem.model_validate(line.request), stored, settings, now)
    if stored is None:
        return Refused(Reason.UNKNOWN, nav)
    ways = ways_of(
        stored.position.options,
        [progress.settled for progress in stored.progress],
        [progress.notification_fee for progress in stored.progress],
    )
    choice = choose(stored.position, ways, None if batch.options["whole"] else nav, now)
    if isinstance(choice, Refused):
        return choice
    issuer, languages = issuer_of(settings), languages_of(settings)
    return draft_of(paper_of(stored.position, choice, issuer, now, languages), stored)


def _outcomes(
    connection: Transaction, batch: Batch, outcomes: Sequence[BatchLine], advance: Advance
) -> None:
    batches.decide(connection, batch, outcomes)
    advance(connection, sum(batches.counts(connection, batch)))


def lines_of(database: Database, batch: Batch) -> Iterator[BatchLine]:
    """Yield every line of a batch in its order."""
    after = 0
    while chunk := read_only(
        database, partial(batches.lines, batch=batch, after=after, limit=LINES)
    ):
        yield from chunk
        after = chunk[-1].number


def file_name(line: BatchLine) -> str:
    """Return the name of the file of a line that has a document."""
    return f"{line.number:06d}-{line.nav}.pdf"


def row_of(line: BatchLine) -> tuple[str, ...]:
    """Return the row of a line in the table of outcomes, which has the columns HEADER."""
    name = file_name(line) if line.document is not None else ""
    return (str(line.number), line.nav, name, line.reason or "")


def zip_of(
    database: Database,
    archive: Archive,
    batch: Batch,
    name: Callable[[BatchLine], str] = file_name,
    *,
    has_table: bool = True,
) -> Iterator[bytes]:
    """Yield the bytes of a zip: the documents, and a table with the outcome of each line.

    `name` names the file of a line; of several with one name, the first is in the zip.
    One document is in memory at a time.  Raises DocumentDamaged if the archive has lost one.
    """
    out = _Stream()
    report = io.StringIO()
    table = csv.writer(report)
    table.writerow(HEADER)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as zipped:
        for line in lines_of(database, batch):
            archived = line.document and archive.read(batch.organization, line.document)
            table.writerow(row_of(line if archived else line._replace(document=None)))
            if archived and name(line) not in zipped.NameToInfo:
                zipped.writestr(_entry(name(line), batch.created_at), archived.pdf)
                yield out.take()
        if has_table:
            zipped.writestr(_entry("outcomes.csv", batch.created_at), report.getvalue())
    yield out.take()


def _entry(name: str, made_at: datetime) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, made_at.timetuple()[:6])


class _Stream(io.RawIOBase):
    """What a zip is written to, and taken from piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        part = bytes(data)
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        """Return what was written since the last call."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
