"""The jobs of a load: try a file, and store its positions batch by batch.

A process that ends at any moment leaves a load that another one continues.  A batch and the
outcomes of its rows are stored in one transaction, so that no row is stored twice or left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import IO

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.event import Event, EventType
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.events import write as events
from gpd_soap.store.loads import files, loads, rows
from gpd_soap.store.loads.files import Part
from gpd_soap.store.loads.loads import State, StoredLoad
from gpd_soap.store.loads.rows import LoadFinding, LoadRow, RowOutcome
from gpd_soap.usecases.jobs.job import Interrupted, Job, JobFailed, Kind
from gpd_soap.usecases.loading.check import Checked, Outcome, Result
from gpd_soap.usecases.loading.load import batches, outcomes_of
from gpd_soap.usecases.loading.row import Row
from gpd_soap.usecases.loading.write import PositionWriter
from gpd_soap.usecases.loads import mend
from gpd_soap.usecases.loads.checking import Trier, checked
from gpd_soap.usecases.loads.contents import opened
from gpd_soap.usecases.loads.counting import MOST_FINDINGS, Figures, findings_of
from gpd_soap.usecases.loads.reading import Reading, reading_of
from gpd_soap.usecases.loads.refusals import FileNotLoadable, FileRemoved
from gpd_soap.usecases.loads.table import Table, open_table, positions
from gpd_soap.usecases.loads.undo import undo

TRIAL, LOAD, UNDO = "loads.trial", "loads.load", "loads.undo"
OUTCOMES = {
    Result.LOADED: RowOutcome.LOADED,
    Result.ALREADY_LOADED: RowOutcome.PRESENT,
    Result.REFUSED: RowOutcome.REFUSED,
}


def kinds() -> list[Kind]:
    """Return the kinds of job of loads."""
    return [Kind(TRIAL, trial), Kind(LOAD, load), Kind(UNDO, undo)]


def trial(job: Job) -> str:
    """Find what would become of each position of a file, and store findings and figures alone."""
    return _run(job, State.TRIAL, _Trial)


def load(job: Job) -> str:
    """Store the positions of a file from where an earlier attempt ended."""
    return _run(job, State.LOADING, _Load)


def _run(job: Job, state: State, work: type[_Work]) -> str:
    stored = read_only(job.database, lambda c: loads.get(c, job.organization, job.payload["load"]))
    if stored is None or stored.state != state:
        raise JobFailed("the load is not there, or was decided otherwise", final=True)
    reading = reading_of(stored.reading)
    try:
        with (
            opened(job.database, stored, Part.SENT) as file,
            closing(open_table(file, reading.kind, reading.encoding, job.check)) as table,
        ):
            return work(job, stored, reading, table).run()
    except FileRemoved:
        raise JobFailed("the file is kept no more", final=True) from None
    except FileNotLoadable as refusal:
        raise JobFailed(f"the file cannot be read: {refusal.why}", final=True) from None


class _Work:
    """Reads the positions of a file in batches, and handles each."""

    def __init__(self, job: Job, stored: StoredLoad, reading: Reading, table: Table) -> None:
        self._job, self._load, self._reading, self._table = job, stored, reading, table
        self._starts: list[int] = []
        self._refused: set[int] = set()
        self._figures = Figures()

    def run(self) -> str:
        """Handle the batches, then end the job; return its result."""
        read = positions(self._table, self._reading, self._load.organization)
        handled = self._begin()
        seen: list[Row] = []
        for batch in batches(self._checked(read, handled, seen)):
            self._job.check()
            self._batch(batch, seen)
            seen.clear()
        file = self._to_mend()
        with closing(file):
            in_transaction(self._job.database, partial(self._finish, file=file))
        return ""

    def _checked(self, read: Iterator[Row], handled: int, seen: list[Row]) -> Iterator[Checked]:
        """Yield the positions after those that were handled before."""
        for number, row in enumerate(read):
            self._starts.append(row.row_number)
            if number >= handled:
                seen.append(row)
                yield checked(row, self._load.organization, self._instant)

    def _count(self, seen: list[Row], outcomes: list[Outcome]) -> list[LoadFinding]:
        """Count a batch, and return its findings."""
        noticed = []
        for row, outcome in zip(seen, outcomes, strict=True):
            findings = findings_of(outcome, self._reading, self._table.names)
            self._figures.add(row, outcome, findings)
            noticed += findings
            if outcome.result is Result.REFUSED:
                self._refused.add(row.row_number)
        return noticed

    def _add_findings(
        self, connection: Transaction, first: int, noticed: list[LoadFinding]
    ) -> None:
        room = max(MOST_FINDINGS - first, 0)
        rows.add_findings(connection, self._load, first, noticed[:room])

    def _step(self, connection: Transaction, done: int) -> None:
        """Hold the job as the last statement of a transaction; raises Interrupted.

        An attempt that comes no farther than an earlier one counts as one without an advance.  So a
        file that ends its worker does so ten times at most.
        """
        if done > self._job.done:
            self._job.advance(connection, done)
        else:
            self._job.prolong(connection)
            self._job.check()

    def _to_mend(self) -> IO[bytes]:
        findings = read_only(
            self._job.database,
            lambda c: rows.findings(c, self._load, warnings=False, limit=MOST_FINDINGS),
        )
        return mend.keep(self._table, self._starts, self._refused, findings)

    def _put_refused(self, connection: Transaction, file: IO[bytes]) -> None:
        file.seek(0)
        if self._refused:
            files.put(connection, self._load, Part.REFUSED, file, self._job.clock())
        else:
            files.remove(connection, self._load, Part.REFUSED)

    @property
    def _instant(self) -> datetime:
        raise NotImplementedError

    def _begin(self) -> int:
        raise NotImplementedError

    def _batch(self, batch: list[Checked], seen: list[Row]) -> None:
        raise NotImplementedError

    def _finish(self, connection: Transaction, file: IO[bytes]) -> None:
        raise NotImplementedError


class _Trial(_Work):
    """Begins anew at each attempt, because it stores no position."""

    @property
    def _instant(self) -> datetime:
        return self._job.clock()

    def _begin(self) -> int:
        self._trier = Trier(self._job.clock())

        def forget(connection: Transaction) -> None:
            rows.forget_findings(connection, self._load)
            self._step(connection, 0)

        in_transaction(self._job.database, forget)
        return 0

    def _batch(self, batch: list[Checked], seen: list[Row]) -> None:
        outcomes = read_only(self._job.database, partial(self._tried, batch=batch))
        first = self._figures["findings"]
        noticed = self._count(seen, outcomes)

        def store(connection: Transaction) -> None:
            self._add_findings(connection, first, noticed)
            self._step(connection, self._figures["rows"])

        in_transaction(self._job.database, store)

    def _tried(self, connection: Transaction, batch: list[Checked]) -> list[Outcome]:
        writer = PositionWriter(connection, self._job.clock(), self._job.actor)
        self._trier.begin(writer)
        return outcomes_of(batch, self._trier)

    def _finish(self, connection: Transaction, file: IO[bytes]) -> None:
        self._put_refused(connection, file)
        values = {"figures": self._figures.to_json(), "ended_at": self._job.clock()}
        if not loads.move(connection, self._load, (State.TRIAL,), State.TRIALLED, **values):
            raise Interrupted
        self._job.finish(connection, _result(self._figures))


class _Load(_Work):
    """Goes on after the rows that have an outcome."""

    @property
    def _instant(self) -> datetime:
        assert self._load.loaded_at is not None
        return self._load.loaded_at

    def _begin(self) -> int:
        def begin(connection: Transaction) -> tuple[int, list[int]]:
            handled = rows.handled(connection, self._load)
            if not handled:
                rows.forget_findings(connection, self._load)
            self._step(connection, handled)
            return handled, rows.refused_lines(connection, self._load)

        handled, refused = in_transaction(self._job.database, begin)
        self._refused.update(refused)
        if handled:
            self._figures = Figures(self._load.figures)
        return handled

    def _batch(self, batch: list[Checked], seen: list[Row]) -> None:
        before = self._figures.to_json()

        def store(connection: Transaction) -> None:
            # WHY: the transaction may be repeated, and counts anew then.
            self._figures = Figures(before)
            first, done = self._figures["findings"], self._figures["rows"]
            actor = Actor(ActorKind(self._load.actor_kind), self._load.actor)
            outcomes = outcomes_of(
                batch, PositionWriter(connection, self._instant, actor, written=done)
            )
            noticed = self._count(seen, outcomes)
            rows.add_rows(connection, self._load, map(_row, outcomes))
            self._add_findings(connection, first, noticed)
            loads.note(connection, self._load, self._figures.to_json())
            self._step(connection, self._figures["rows"])

        in_transaction(self._job.database, store)

    def _finish(self, connection: Transaction, file: IO[bytes]) -> None:
        self._put_refused(connection, file)
        files.remove(connection, self._load, Part.SENT)
        values = {"figures": self._figures.to_json(), "ended_at": self._job.clock()}
        if not loads.move(connection, self._load, (State.LOADING,), State.LOADED, **values):
            raise Interrupted
        events.write(connection, [self._event()])
        self._job.finish(connection, _result(self._figures))

    def _event(self) -> Event:
        actor = Actor(ActorKind(self._load.actor_kind), self._load.actor)
        data = {
            "load": self._load.id,
            "loaded": self._figures["ready"],
            "alreadyStored": self._figures["present"],
            "refused": self._figures["refused"],
        }
        organization = self._load.organization
        return Event(organization, EventType.LOAD_FINISHED, self._load.id, actor, data)


def _row(outcome: Outcome) -> LoadRow:
    iupd = "" if outcome.result is Result.REFUSED else outcome.iupd
    return LoadRow(outcome.row_number, iupd, OUTCOMES[outcome.result])


def _result(figures: Figures) -> str:
    return f"{figures['ready']} loaded, {figures['present']} there, {figures['refused']} refused"
