"""The job that makes a batch of notices; its libraries are imported when the first one runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.settings import Settings
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.documents import batches
from gpd_soap.store.documents.batches import Batch, BatchState
from gpd_soap.store.jobs.queue import NewJob, enqueue, enqueue_anew, id_of
from gpd_soap.usecases.document_refusals import BatchEnded, BatchIsRunning
from gpd_soap.usecases.jobs.job import Cancelled, Job, JobFailed, Kind

if TYPE_CHECKING:
    from gpd_soap.features.documents.archive.opening import Printer

KIND = "documents.batch"


def enqueue_batch(connection: Transaction, batch: Batch) -> str:
    """Begin the job of a batch in the transaction that adds it; return the id of the job."""
    return enqueue(connection, _new(batch), batch.created_at)


def resume_batch(connection: Transaction, batch: Batch, now: datetime) -> Batch:
    """Begin the job of a batch anew; the notices that have an outcome keep it.

    Raises BatchEnded if none waits, BatchIsRunning if a job is at work or will be.
    """
    if batch.state == BatchState.DONE:
        raise BatchEnded
    if not enqueue_anew(connection, _new(batch), now):
        raise BatchIsRunning
    return batches.reopen(connection, batch)


def _new(batch: Batch) -> NewJob:
    actor = Actor(ActorKind(batch.actor_kind), batch.actor)
    payload = {"batch": batch.id}
    return NewJob(batch.organization, KIND, payload, actor, key=batch.id, total=batch.total)


def job_of(batch: Batch) -> str:
    """Return the id of the job of a batch."""
    return id_of(batch.organization, KIND, batch.id)


def cancelled(
    connection: Transaction, organization: str, payload: Mapping[str, Any], now: datetime
) -> None:
    """End the batch of a cancelled job, in the transaction that ends the job."""
    batches.end(connection, organization, payload["batch"], BatchState.CANCELLED, now)


#: What the transaction that ends a cancelled job does, by the kind of the job.
CANCELLED: Mapping[str, Cancelled] = {KIND: cancelled}


class BatchJob:
    """Makes the batches of one process, with one typesetter."""

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet."""
        self._settings = settings
        self._printer: Printer | None = None

    def run(self, job: Job) -> str:
        """Make a batch, from where an earlier attempt ended; return how many were released.

        Raises JobFailed without the libraries of documents, or if the batch is not there.
        """
        printer = self._open(job.database)
        from gpd_soap.features.documents.archive.batch import Producer

        batch = read_only(
            job.database, lambda c: batches.get(c, job.organization, job.payload["batch"])
        )
        if batch is None:
            raise JobFailed("the batch is not there", final=True)
        requester = Actor(ActorKind(batch.actor_kind), batch.actor)
        producer = Producer(job.database, printer.archive, job.clock)
        producer.produce(
            batch, requester, lambda c, done: job.advance(c, done, batch.total), job.check
        )
        counts = read_only(job.database, lambda c: batches.counts(c, batch))
        return f"{counts.released} released, {counts.refused} refused"

    def _open(self, database: Database) -> Printer:
        if self._printer is None:
            try:
                from gpd_soap.features.documents.archive.opening import open_printer
            except ModuleNotFoundError as error:
                reason = f"the library {error.name} is missing: deploy/requirements-documents.txt"
                raise JobFailed(reason, final=True) from None
            self._printer = open_printer(self._settings, database)
        return self._printer


def batch_kind(settings: Settings) -> Kind:
    """Return the kind of job that makes batches of notices."""
    return Kind(KIND, BatchJob(settings).run, cancelled=cancelled)
