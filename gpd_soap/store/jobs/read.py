"""Reads jobs for people: lists, one of them, and what people change in one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, select, update

from gpd_soap.core.actor import ActorKind
from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page
from gpd_soap.store.jobs.queue import State

JOB = tables.job.c


class StoredJob(NamedTuple):
    """A job as people see it, without its payload."""

    organization: str
    id: str
    kind: str
    state: str
    done: int
    total: int | None
    attempts: int
    next_at: datetime | None
    is_cancelled: bool
    result: str
    last_error: str
    actor_kind: str
    actor: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class JobFilter(NamedTuple):
    """Which jobs to list; None means all.  The organization is empty for those of everybody."""

    organization: str | None
    state: str | None = None
    kind: str | None = None


COLUMNS = [JOB[name] for name in StoredJob._fields]


def organizations(connection: Connection) -> list[str]:
    """Returns the codes of the registered organizations, in order."""
    code = tables.organization.c.fiscal_code
    return list(connection.execute(select(code).order_by(code)).scalars())


def page(
    connection: Connection, which: JobFilter, request: PageRequest
) -> tuple[list[StoredJob], int]:
    """Returns a page of jobs, the newest first, and their number on all pages."""
    conditions = [
        JOB[name] == value for name, value in which._asdict().items() if value is not None
    ]
    statement = select(*COLUMNS).where(*conditions)
    order = (JOB.created_at.desc(), JOB.id)
    rows, total = fetch_page(connection, statement.order_by(*order), request)
    return [StoredJob._make(row) for row in rows], total


def get(connection: Connection, organization: str, job_id: str) -> StoredJob | None:
    """Returns a job; None if there is none."""
    row = connection.execute(select(*COLUMNS).where(_is(organization, job_id))).first()
    return None if row is None else StoredJob._make(row)


def locate(connection: Connection, job_id: str) -> StoredJob | None:
    """Returns a job by its id alone, of any organization; None if there is none."""
    row = connection.execute(select(*COLUMNS).where(JOB.id == job_id)).first()
    return None if row is None else StoredJob._make(row)


def retry(connection: Connection, organization: str, job_id: str, now: datetime) -> bool:
    """Makes a dead or waiting job due now; returns False if it is in another state."""
    waits = JOB.state.in_((State.DEAD, State.WAITING))
    due = update(tables.job).where(_is(organization, job_id), waits)
    values = {"state": State.WAITING, "next_at": now, "attempts": 0, "ended_at": None}
    return connection.execute(due.values(**values).returning(JOB.id)).first() is not None


def cancel(connection: Connection, organization: str, job_id: str, now: datetime) -> bool:
    """Cancels a job, a running one at its next step; returns False if it has ended already."""
    runs = JOB.state == State.RUNNING
    left = JOB.state.in_((State.DEAD, State.WAITING, State.RUNNING))
    # WHY: a schedule is for ever; its kind leaves the program, or nobody does it.
    cancelled = update(tables.job).where(
        _is(organization, job_id), left, JOB.actor_kind != str(ActorKind.CLOCK)
    )
    values = {
        "is_cancelled": True,
        "state": case((runs, JOB.state), else_=State.CANCELLED.value),
        "next_at": case((runs, JOB.next_at), else_=None),
        "ended_at": case((runs, JOB.ended_at), else_=now),
    }
    return connection.execute(cancelled.values(**values).returning(JOB.id)).first() is not None


def payload(connection: Connection, organization: str, job_id: str) -> dict[str, Any]:
    """Returns what a stored job was begun with."""
    statement = select(JOB.payload).where(_is(organization, job_id))
    result: dict[str, Any] = connection.execute(statement).scalar_one()
    return result


def _is(organization: str, job_id: str) -> ColumnElement[bool]:
    return and_(JOB.organization == organization, JOB.id == job_id)
