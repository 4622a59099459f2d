"""Begins jobs in the caller's transaction, and leases them to workers.

A worker that ends without a word loses its lease, and another repeats the attempt.  Every change
that an attempt makes to its job names its lease, so that an attempt that was given up changes
nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from gpd_soap.core.actor import Actor
from gpd_soap.store import tables
from gpd_soap.store.database.reached import is_far
from gpd_soap.store.database.upsert import insert_if_absent
from gpd_soap.store.tables.base import truncate

JOB = tables.job.c
#: The organization of jobs that are for every organization.
EVERY = ""
#: LIMIT: 20 jobs are considered at one look; those beyond have their turn at the next.
LOOK = 20

#: The kinds that a worker can do; those that are done again and again have their interval.
Kinds = Mapping[str, timedelta | None]


class State(StrEnum):
    """Whether a job waits for its next attempt, is at work, or has ended, and how."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


class NewJob(NamedTuple):
    """A job before it is stored.

    `payload` has what the handler needs, without personal data.  Of jobs of one organization, kind
    and `key`, the first alone is stored.  `begin_at` is the earliest beginning, None for now.
    """

    organization: str
    kind: str
    payload: dict[str, Any]
    actor: Actor
    key: str | None = None
    total: int | None = None
    begin_at: datetime | None = None


class Leased(NamedTuple):
    """A job that a worker has taken; `lease` names this attempt."""

    organization: str
    id: str
    kind: str
    payload: dict[str, Any]
    done: int
    total: int | None
    attempts: int
    lease_by: str
    is_cancelled: bool


COLUMNS = [JOB[name] for name in Leased._fields]


def enqueue(connection: Connection, new: NewJob, now: datetime) -> str:
    """Stores a job in the caller's transaction, and returns its id.

    A worker begins it after the commit.  If the job of this key is stored already, nothing changes.
    """
    job_id = f"job_{secrets.token_hex(16)}" if new.key is None else id_of(*new[:2], new.key)
    row = {
        "organization": new.organization,
        "id": job_id,
        "kind": new.kind,
        "payload": new.payload,
        "total": new.total,
        "state": State.WAITING,
        "next_at": new.begin_at or now,
        "is_cancelled": False,
        "actor_kind": str(new.actor.kind),
        "actor": truncate(new.actor.id, JOB.actor),
        "created_at": now,
    }
    if new.key is None:
        connection.execute(insert(tables.job), row)
    else:
        insert_if_absent(connection, tables.job, row)
    return job_id


def enqueue_anew(connection: Connection, new: NewJob, now: datetime) -> bool:
    """Stores a job, or makes the one of its key wait again if it has ended.

    Returns False if that job waits or runs.  `new` has a key.
    """
    assert new.key is not None
    job_id = id_of(*new[:2], new.key)
    has_ended = JOB.state.not_in((State.WAITING, State.RUNNING))
    again = update(tables.job).where(_is(new.organization, job_id), has_ended)
    begin = new.begin_at or now
    forgotten = dict.fromkeys(("started_at", "ended_at")) | {"result": "", "last_error": ""}
    values = {"state": State.WAITING, "next_at": begin, "is_cancelled": False, "attempts": 0}
    if (
        connection.execute(again.values(**values, **forgotten).returning(JOB.id)).first()
        is not None
    ):
        return True
    exists = select(JOB.id).where(_is(new.organization, job_id))
    if connection.execute(exists).first() is not None:
        return False
    enqueue(connection, new, now)
    return True


def id_of(organization: str, kind: str, key: str) -> str:
    """Returns the id of the job of this organization, kind and key."""
    return f"job_{hashlib.sha256(f'{organization} {kind} {key}'.encode()).hexdigest()[:32]}"


def due(connection: Connection, kinds: Kinds, now: datetime) -> list[tuple[str, str]]:
    """Returns organization and id of jobs that may begin, the longest due first.

    It takes no lock, so that another worker may lease one meanwhile.
    """
    statement = (
        select(JOB.organization, JOB.id)
        .where(_may_begin(kinds, now), JOB.kind.in_(kinds))
        .order_by(JOB.next_at)
        .limit(LOOK)
    )
    return [(row[0], row[1]) for row in connection.execute(statement)]


def lease(
    connection: Connection,
    kinds: Kinds,
    organization: str,
    job_id: str,
    now: datetime,
    until: datetime,
) -> Leased | None:
    """Returns a job leased for one attempt; None if another worker has it."""
    leased = (
        update(tables.job)
        .where(_is(organization, job_id), _may_begin(kinds, now))
        .values(
            state=State.RUNNING,
            lease_by=secrets.token_hex(16),
            next_at=until,
            attempts=JOB.attempts + 1,
            started_at=now,
        )
        .returning(*COLUMNS)
    )
    row = connection.execute(leased).first()
    return None if row is None else Leased._make(row)


def hold(connection: Connection, job: Leased, until: datetime, **values: Any) -> bool | None:
    """Prolongs a lease and stores what the attempt changed.

    Returns whether somebody has cancelled the job; None if the lease is lost.
    """
    held = update(tables.job).where(_is_held(job)).values(next_at=until, **values)
    return connection.execute(held.returning(JOB.is_cancelled)).scalar()


def leave(connection: Connection, job: Leased, state: State, **values: Any) -> bool:
    """Ends an attempt; returns False if the lease was lost or the attempt has ended."""
    left = update(tables.job).where(_is_held(job)).values(state=state, lease_by=None, **values)
    return connection.execute(left.returning(JOB.id)).first() is not None


def _is(organization: str, job_id: str) -> ColumnElement[bool]:
    return and_(JOB.organization == organization, JOB.id == job_id)


def _may_begin(kinds: Kinds, now: datetime) -> ColumnElement[bool]:
    """SQL condition: the job is due, or its time is one that no right clock has written.

    A job that nobody has begun may wait for a time of any year.
    """
    begun = or_(JOB.state == State.RUNNING, JOB.attempts > 0)
    turns = (
        and_(
            JOB.organization == EVERY,
            JOB.id == id_of(EVERY, kind, EVERY),
            is_far(JOB.next_at, now, every),
        )
        for kind, every in kinds.items()
        if every is not None
    )
    return or_(JOB.next_at <= now, and_(begun, is_far(JOB.next_at, now)), *turns)


def _is_held(job: Leased) -> ColumnElement[bool]:
    return and_(_is(job.organization, job.id), JOB.lease_by == job.lease_by)
