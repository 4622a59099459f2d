"""What people do with jobs: list them, read one, repeat a dead one, cancel one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from gpd_soap.clock import Clock
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.jobs import read
from gpd_soap.store.jobs.queue import State
from gpd_soap.store.jobs.read import JobFilter, StoredJob
from gpd_soap.usecases.access.record import Record, unrecorded
from gpd_soap.usecases.jobs import refusals
from gpd_soap.usecases.jobs.job import Cancelled
from gpd_soap.usecases.refusals import Refusal

Change = Callable[[Transaction, str, str, datetime], bool]


class Jobs:
    """The jobs of every organization; None as organization means any, and the installation's."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        record: Record = unrecorded,
        *,
        cancelled: Mapping[str, Cancelled],
    ) -> None:
        """Takes a database; `record` writes changes to the audit.

        `cancelled` is what the transaction that cancels a job does, by the kind of the job.
        """
        self._database, self._clock, self._record = database, clock, record
        self._cancelled = cancelled

    def page(self, which: JobFilter, request: PageRequest) -> tuple[list[StoredJob], int]:
        """Returns a page of jobs, the newest first, and their number on all pages."""
        return read_only(self._database, lambda c: read.page(c, which, request))

    def get(self, organization: str | None, job_id: str) -> StoredJob:
        """Returns a job.  Raises JobNotFound."""
        return read_only(self._database, lambda c: _existing(c, organization, job_id))

    def retry(self, organization: str | None, job_id: str) -> StoredJob:
        """Returns a dead or waiting job that is due now.  Raises JobNotFound and JobNotWaiting."""
        return self._change(organization, job_id, read.retry, refusals.JobNotWaiting)

    def cancel(self, organization: str | None, job_id: str) -> StoredJob:
        """Returns a job that is cancelled, or will be at its next step.

        Raises JobNotFound, and JobEnded if it has ended or is done again and again.
        """
        return self._change(organization, job_id, self._cancel, refusals.JobEnded)

    def _change(
        self,
        organization: str | None,
        job_id: str,
        change: Change,
        otherwise: type[Refusal],
    ) -> StoredJob:
        def work(connection: Transaction) -> StoredJob:
            before = _existing(connection, organization, job_id)
            if not change(connection, before.organization, job_id, self._clock()):
                raise otherwise
            self._record(connection, Subject(resource=job_id), before.organization)
            return _existing(connection, before.organization, job_id)

        return in_transaction(self._database, work)

    def _cancel(
        self, connection: Transaction, organization: str, job_id: str, now: datetime
    ) -> bool:
        if not read.cancel(connection, organization, job_id, now):
            return False
        job = _existing(connection, organization, job_id)
        # WHY: a running job is cancelled by its worker, at its next step.
        if job.state == State.CANCELLED and job.kind in self._cancelled:
            payload = read.payload(connection, organization, job_id)
            self._cancelled[job.kind](connection, organization, payload, now)
        return True


def _existing(connection: Transaction, organization: str | None, job_id: str) -> StoredJob:
    if organization is None:
        job = read.locate(connection, job_id)
    else:
        job = read.get(connection, organization, job_id)
    if job is None:
        raise refusals.JobNotFound
    return job
