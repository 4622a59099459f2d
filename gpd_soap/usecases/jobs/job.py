"""What a handler of jobs is given, and what it may raise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from gpd_soap.clock import Clock
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.jobs import queue
from gpd_soap.store.jobs.queue import Leased, State
from gpd_soap.store.tables.base import truncate

#: LIMIT: 60 s without a sign of its worker, after which another repeats the attempt.
LEASE = timedelta(seconds=60)


class JobFailed(Exception):
    """An attempt failed for a reason that an operator may read, without personal data.

    Unless it is `final`, the attempt is repeated after a pause.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        """Takes the reason."""
        super().__init__(reason)
        self.final = final


class Interrupted(Exception):
    """An attempt must end: its job was cancelled, its lease is lost, or its worker stops."""


class Job:
    """One attempt of a job.

    Whoever handles it must be able to begin again after any of its commits.  What it does in a
    transaction that calls `advance` or `finish` is done once, whatever happens to the worker.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        leased: Leased,
        *,
        every: timedelta | None = None,
        span: timedelta = LEASE,
    ) -> None:
        """Takes a leased job; `span` is how long each sign of life holds the lease."""
        self.database, self.clock = database, clock
        self.leased, self._every, self._span = leased, every, span
        #: What was done before this attempt; `total` is None as long as it is not known.
        self.done, self.total = leased.done, leased.total
        #: Attempts since the job last advanced, this one too, and when the lease ends.
        self.attempts, self.held_until = leased.attempts, clock() + span
        self._interrupted = threading.Event()

    @property
    def organization(self) -> str:
        """The organization of the job; empty for every organization."""
        return self.leased.organization

    @property
    def id(self) -> str:
        """The id of the job."""
        return self.leased.id

    @property
    def payload(self) -> dict[str, Any]:
        """What the job was begun with."""
        return self.leased.payload

    @property
    def actor(self) -> Actor:
        """The job as the actor of what it does."""
        return Actor(ActorKind.JOB, self.leased.kind)

    def check(self) -> None:
        """Raises Interrupted if the attempt must end; reads no database."""
        if self._interrupted.is_set():
            raise Interrupted

    def advance(self, connection: Transaction, done: int, total: int | None = None) -> None:
        """Stores in the caller's transaction that so many steps are done, as its last statement.

        The next attempt begins with them as `done`.  Raises Interrupted, so that the transaction is
        rolled back, if the job was cancelled or another worker has it.
        """
        total = self.total if total is None else total
        self._hold(connection, done=done, total=total, attempts=1)
        self.check()
        self.done, self.total, self.attempts = done, total, 1

    def finish(self, connection: Transaction, result: str = "") -> None:
        """Ends the job in the caller's transaction, as its last statement.

        `result` is for operators, without personal data.  Raises Interrupted if another worker has
        the job.
        """
        if not self.end(connection, result):
            raise Interrupted

    def end(self, connection: Transaction, result: str) -> bool:
        """Ends the job as done; returns False if it has ended, or if another worker has it."""
        now = self.clock()
        state, next_at = State.DONE, None
        if self._every is not None:
            state, next_at = State.WAITING, now + self._every
        return queue.leave(
            connection,
            self.leased,
            state,
            next_at=next_at,
            ended_at=now,
            attempts=0,
            last_error="",
            result=truncate(result, tables.job.c.result),
        )

    def prolong(self, connection: Transaction) -> None:
        """Holds the lease for longer; remembers whether the attempt must end."""
        self._hold(connection)

    def interrupt(self) -> None:
        """Makes the next `check` and the next `advance` raise Interrupted."""
        self._interrupted.set()

    def _hold(self, connection: Transaction, **values: int | None) -> None:
        until = self.clock() + self._span
        if queue.hold(connection, self.leased, until, **values) is not False:
            self.interrupt()
        self.held_until = until


#: Does a job, and returns its result for operators, without personal data.
Handler = Callable[[Job], str]
#: Notes that a job was cancelled, in the transaction that ends it.  It is given the organization,
#: the payload and the instant.
Cancelled = Callable[[Transaction, str, Mapping[str, Any], datetime], object]


class Kind(NamedTuple):
    """A kind of job: its name, such as `events.purge`, and what does it.

    `attempts` without any advance make a job dead.  With `every`, one job of this kind is done
    again and again for the whole installation, and is never dead.  `cancelled` is called in the
    transaction that ends a cancelled job.
    """

    name: str
    run: Handler
    attempts: int = 10
    every: timedelta | None = None
    cancelled: Cancelled | None = None
