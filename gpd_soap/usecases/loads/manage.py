"""What operators do with loads: send a file, answer about it, load it, stop, take it back."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Collection
from functools import partial
from threading import BoundedSemaphore
from typing import IO, Any, TypeVar

from gpd_soap.clock import Clock
from gpd_soap.core.actor import Actor
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.errors import AlreadyStored
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.jobs import queue
from gpd_soap.store.jobs import read as jobs
from gpd_soap.store.jobs.queue import NewJob
from gpd_soap.store.loads import files, loads, rows
from gpd_soap.store.loads.files import Part
from gpd_soap.store.loads.loads import State, StoredLoad
from gpd_soap.store.positions import numbers
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.loads.reading import Reading, reading_of
from gpd_soap.usecases.loads.refusals import (
    FileNotLoadable,
    FileRemoved,
    LoadInOtherState,
    LoadRunning,
    ReadingChanged,
    Why,
)
from gpd_soap.usecases.loads.show import LoadReader, existing
from gpd_soap.usecases.loads.understand import Answers, Creditor, answered, understand
from gpd_soap.usecases.loads.undo import Way
from gpd_soap.usecases.loads.work import LOAD, TRIAL, UNDO
from gpd_soap.usecases.refusals import OrganizationNotFound

T = TypeVar("T")

CHUNK = 1 << 16
#: LIMIT: characters of a file's name.
LONGEST_NAME = 100
#: LIMIT: one file is being understood at once in a process; another one waits for 3 s.
_READING, PATIENCE_SECONDS = BoundedSemaphore(), 3.0
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
JOB_OF = {State.TRIAL: TRIAL, State.LOADING: LOAD, State.UNDOING: UNDO}
#: States in which nothing of the file was stored.
UNWRITTEN = (State.RECEIVED, State.TRIAL, State.TRIALLED)


def clean_name(name: str) -> str:
    """Return the name of a file without folders, controls and marks of direction."""
    last = re.split(r"[/\\]", name)[-1]
    return _NOT_IN_A_NAME.sub("", last).strip()[:LONGEST_NAME] or "file"


class Loads(LoadReader):
    """The loads of all organizations; the caller has checked who may load for which."""

    def __init__(
        self, database: Database, clock: Clock, actor: Actor, record: Record = unrecorded
    ) -> None:
        """Use these collaborators; `actor` is the operator, `record` writes to the audit."""
        super().__init__(database)
        self._clock, self._actor, self._record = clock, actor, record

    def receive(self, organization: str, name: str, file: IO[bytes]) -> StoredLoad:
        """Store a file with how it would be read, and try it if that is clear; return the load.

        Raises OrganizationNotFound, FileNotLoadable, and LoadRunning if another load runs.
        """
        creditor = read_only(self._database, partial(_creditor, organization=organization))
        digest, size = _digest(file)
        reading = _understood(file, creditor)
        new = StoredLoad(
            organization=organization,
            id=f"load_{secrets.token_hex(16)}",
            name=clean_name(name),
            digest=digest,
            size=size,
            state=State.TRIAL if reading.is_clear else State.RECEIVED,
            reading=reading.to_json(),
            figures={},
            job=None,
            created_at=self._clock(),
            loaded_at=None,
            ended_at=None,
            actor_kind=str(self._actor.kind),
            actor=self._actor.id,
        )

        def work(connection: Transaction) -> StoredLoad:
            if not numbers.is_registered(connection, organization):
                raise OrganizationNotFound
            job = self._enqueue(connection, new, State.TRIAL) if reading.is_clear else None
            loads.add(connection, new._replace(job=job))
            file.seek(0)
            files.put(connection, new, Part.SENT, file, new.created_at)
            return self._recorded(connection, new)

        return self._write(organization, work)

    def answer(self, organization: str, load_id: str, answers: Answers) -> StoredLoad:
        """Try a file with other answers about it; return the load.

        If something is still open, the load waits for an answer.
        """

        def work(connection: Transaction) -> StoredLoad:
            load = _locked(connection, organization, load_id)
            reading = answered(reading_of(load.reading), answers)
            before = (State.RECEIVED, State.TRIALLED)
            values: dict[str, Any] = {"reading": reading.to_json(), "figures": {}}
            if not reading.is_clear:
                return self._move(connection, load, before, State.RECEIVED, **values)
            return self._begin(connection, load, before, State.TRIAL, **values)

        return self._write(organization, work)

    def load(self, organization: str, load_id: str, confirmed: str) -> StoredLoad:
        """Store the positions of a file that was tried, or go on where a load was stopped.

        Raises ReadingChanged unless `confirmed` is the digest of the reading of the trial.
        """

        def work(connection: Transaction) -> StoredLoad:
            load = _locked(connection, organization, load_id)
            if reading_of(load.reading).digest != confirmed:
                raise ReadingChanged
            if not files.is_there(connection, load, Part.SENT):
                raise FileRemoved
            before = (State.TRIALLED, State.STOPPED)
            instant = load.loaded_at or self._clock()
            return self._begin(
                connection,
                load,
                before,
                State.LOADING,
                loaded_at=instant,
                actor_kind=str(self._actor.kind),
                actor=self._actor.id,
            )

        return self._write(organization, work)

    def cancel(self, organization: str, load_id: str) -> StoredLoad:
        """Stop what is at work, and return the load.

        What was stored stays.  If nothing was, the load is over, and its file is removed.
        """

        def work(connection: Transaction) -> StoredLoad:
            load = _locked(connection, organization, load_id)
            if load.job is not None and load.is_running:
                jobs.cancel(connection, organization, load.job, self._clock())
            is_written = load.state not in UNWRITTEN and rows.handled(connection, load)
            if not is_written:
                files.remove(connection, load, Part.SENT)
                files.remove(connection, load, Part.REFUSED)
            to = State.STOPPED if is_written else State.CANCELLED
            before = (*UNWRITTEN, State.LOADING, State.UNDOING)
            return self._move(connection, load, before, to, ended_at=self._clock())

        return self._write(organization, work)

    def undo(self, organization: str, load_id: str, way: Way) -> StoredLoad:
        """Take back the positions of a load that are unpaid and unchanged; return the load."""

        def work(connection: Transaction) -> StoredLoad:
            load = _locked(connection, organization, load_id)
            before = (State.LOADED, State.STOPPED, State.UNDONE)
            return self._begin(connection, load, before, State.UNDOING, {"way": way.value})

        return self._write(organization, work)

    def resume(self, organization: str, load_id: str) -> StoredLoad:
        """Begin again what was interrupted, from where it was; return the load."""

        def work(connection: Transaction) -> StoredLoad:
            load = _locked(connection, organization, load_id)
            if not load.is_interrupted:
                raise LoadInOtherState
            if load.job is None or not jobs.retry(
                connection, organization, load.job, self._clock()
            ):
                raise LoadInOtherState
            return self._recorded(connection, load)

        return self._write(organization, work)

    def _begin(
        self,
        connection: Transaction,
        load: StoredLoad,
        before: Collection[State],
        to: State,
        payload: dict[str, str] | None = None,
        **values: object,
    ) -> StoredLoad:
        """Bring a load to a state in which a job is at work, and begin the job."""
        job = self._enqueue(connection, load, to, payload)
        return self._move(connection, load, before, to, job=job, ended_at=None, **values)

    def _enqueue(
        self,
        connection: Transaction,
        load: StoredLoad,
        to: State,
        payload: dict[str, str] | None = None,
    ) -> str:
        who = {"actor_kind": str(self._actor.kind), "actor": self._actor.id}
        job_payload = {"load": load.id, **who, **(payload or {})}
        total = load.figures.get("ready", 0) if to is State.UNDOING else load.reading["records"]
        new = NewJob(load.organization, JOB_OF[to], job_payload, self._actor, total=total)
        return queue.enqueue(connection, new, self._clock())

    def _move(
        self,
        connection: Transaction,
        load: StoredLoad,
        before: Collection[State],
        to: State,
        **values: object,
    ) -> StoredLoad:
        if not loads.move(connection, load, before, to, **values):
            raise LoadInOtherState
        return self._recorded(connection, load)

    def _recorded(self, connection: Transaction, load: StoredLoad) -> StoredLoad:
        self._record(connection, Subject(resource=load.id), load.organization)
        return existing(connection, load.organization, load.id)

    def _write(self, organization: str, work: Callable[[Transaction], T]) -> T:
        """Return what `work` does in a transaction.  Raises LoadRunning if another load runs."""
        try:
            return in_transaction(self._database, work)
        except AlreadyStored:
            # WHY: the transaction is over after the error, so the other load is read in another.
            other = self.read(lambda c: loads.running(c, organization))
            raise LoadRunning(other or "") from None


def _locked(connection: Transaction, organization: str, load_id: str) -> StoredLoad:
    """Lock a load until the commit and return it.  Raises LoadNotFound."""
    # WHY: what is decided on its state and its reading is decided on those that are changed.  A
    # worker that stores a batch locks the load first too, and its job last.
    loads.lock(connection, organization, load_id)
    return existing(connection, organization, load_id)


def _understood(file: IO[bytes], creditor: Creditor) -> Reading:
    """Return how a file would be read.  Raises FileNotLoadable, also if others are being read."""
    # WHY: a large workbook takes a minute, and several at once would take every thread.
    if not _READING.acquire(timeout=PATIENCE_SECONDS):
        raise FileNotLoadable(Why.BUSY)
    try:
        return understand(file, creditor)
    finally:
        _READING.release()


def _creditor(connection: Transaction, organization: str) -> Creditor:
    registered = configuration.organization(connection, organization)
    if registered is None:
        raise OrganizationNotFound
    return Creditor(organization, registered.name)


def _digest(file: IO[bytes]) -> tuple[str, int]:
    """Return the SHA-256 of a file, and its size."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size
