"""Ticked notices as a batch of documents: its beginning, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from gpd_soap.core.actor import Actor
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, in_transaction
from gpd_soap.store.documents import batches
from gpd_soap.store.documents.batches import Batch, BatchLine, BatchState
from gpd_soap.store.jobs import read as jobs
from gpd_soap.store.store import Store
from gpd_soap.usecases.access.record import Record

#: LIMIT: refused notices that a page lists; the zip has a table of all of them.
MOST_SHOWN = 100
#: The states of a job that prints nothing more.
ENDED = ("dead", "cancelled", "done")


class BatchOutcome(NamedTuple):
    """How far a batch is.

    `handled` notices have an outcome, `printed` ones a document, and `refused` ones a reason.  A
    batch that is `stopped` goes on only if a person says so.
    """

    done: bool
    stopped: bool
    handled: int
    printed: int
    refused: int
    lines: Sequence[BatchLine]


def begin_batch(
    store: Store,
    organization: str,
    navs: Sequence[str],
    actor: Actor,
    now: datetime,
    record: Record,
) -> Batch:
    """Begins to print notices, each in a document of its own, and records that.

    The libraries of documents must be installed.
    """
    from gpd_soap.features.documents.archive.batch import Request, begin
    from gpd_soap.features.documents.archive.job import enqueue_batch

    def work(connection: Transaction) -> Batch:
        batch = begin(connection, organization, Request(tuple(navs)), actor, now)
        enqueue_batch(connection, batch)
        record(connection, Subject(resource=batch.id), organization)
        return batch

    return in_transaction(store, work)


def go_on(store: Store, batch: Batch, now: datetime, record: Record) -> None:
    """Prints the notices that wait in a batch that was stopped.

    Raises BatchEnded if none waits, BatchIsRunning if they are being printed.
    """
    from gpd_soap.features.documents.archive.job import resume_batch

    def work(connection: Transaction) -> None:
        resume_batch(connection, batch, now)
        record(connection, Subject(resource=batch.id), batch.organization)

    in_transaction(store, work)


def outcome_of(connection: Transaction, batch: Batch) -> BatchOutcome:
    """Returns how far a batch is."""
    from gpd_soap.features.documents.archive.job import job_of

    released, refused = batches.counts(connection, batch)
    rows, _total = batches.lines_page(connection, batch, PageRequest(MOST_SHOWN, 0), refused=True)
    done = batch.state == BatchState.DONE
    job = None if done else jobs.get(connection, batch.organization, job_of(batch))
    stopped = not done and (job is None or job.state in ENDED)
    return BatchOutcome(done, stopped, released + refused, released, refused, rows)
