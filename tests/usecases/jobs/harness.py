"""Jobs with a clock of the test's own, and an effect that can be counted."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.event import Event, EventType
from gpd_soap.store import tables
from gpd_soap.store.database.transaction import Transaction, in_transaction
from gpd_soap.store.events import write
from gpd_soap.store.jobs import queue
from gpd_soap.store.jobs.queue import NewJob
from gpd_soap.store.store import Store
from gpd_soap.usecases.jobs.job import Job, Kind
from gpd_soap.usecases.jobs.worker import Worker
from tests.store.samples import NOW, ORGANIZATION

KIND = "test.work"
KEY = Actor(ActorKind.KEY, "key_1")


class Harness:
    """A store, a clock, and workers on them."""

    def __init__(self, store: Store) -> None:
        self.store, self.now = store, NOW

    def clock(self) -> datetime:
        """Return the instant that the test has set."""
        return self.now

    def later(self, **span: float) -> None:
        """Let time go by."""
        self.now += timedelta(**span)

    def worker(self, run: Callable[[Job], str], **more: Any) -> Worker:
        """Return a worker that does jobs of the kind KIND by `run`."""
        return Worker(self.store, [Kind(KIND, run, **more)], self.clock, lambda: 0.5)

    def enqueue(self, organization: str = ORGANIZATION, **more: Any) -> str:
        """Begin a job and return its id."""
        new = NewJob(organization, KIND, more.pop("payload", {}), KEY, **more)
        return in_transaction(self.store, lambda c: queue.enqueue(c, new, self.now))

    def row(self, job_id: str) -> Any:
        """Return a job as it is stored."""
        statement = select(tables.job).where(tables.job.c.id == job_id)
        with self.store.reading() as connection:
            return connection.execute(statement).one()

    def effects(self) -> list[str]:
        """Return the subjects of the effects, in their order."""
        with self.store.reading() as connection:
            statement = select(tables.event.c.subject).order_by(tables.event.c.id)
            return list(connection.execute(statement).scalars())


def effect(connection: Transaction, job: Job, subject: str) -> None:
    """Write an effect of a job, which `Harness.effects` lists."""
    event = Event(job.organization, EventType.POSITION_UPDATED, subject, job.actor, {})
    write.write(connection, [event])
