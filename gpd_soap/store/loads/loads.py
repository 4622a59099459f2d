"""Loads: what was sent, how it is read, how far it is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from gpd_soap.store import tables
from gpd_soap.store.database.engine import is_duplicate
from gpd_soap.store.database.errors import AlreadyStored

LOAD, JOB = tables.load.c, tables.job.c


class State(StrEnum):
    """What was done with a file, and what follows.

    A load that is RECEIVED needs an answer about its form.  One that is STOPPED was cancelled with
    some of its rows stored, one that is CANCELLED with none.  UNDONE is a load whose positions were
    taken back, but for those that had to stay.
    """

    RECEIVED = "received"
    TRIAL = "trial"
    TRIALLED = "trialled"
    LOADING = "loading"
    LOADED = "loaded"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"


RUNNING = frozenset({State.TRIAL, State.LOADING, State.UNDOING})


class StoredLoad(NamedTuple):
    """A load, and what its job says: how far it is, and why it is dead."""

    organization: str
    id: str
    name: str
    digest: str
    size: int
    state: str
    reading: dict[str, Any]
    figures: dict[str, Any]
    job: str | None
    created_at: datetime
    loaded_at: datetime | None
    ended_at: datetime | None
    actor_kind: str
    actor: str
    job_state: str | None = None
    done: int | None = None
    total: int | None = None
    last_error: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether a job is at work for it, or should be."""
        return self.state in RUNNING

    @property
    def is_interrupted(self) -> bool:
        """Whether its job has ended too early, so that a person must decide."""
        return self.is_running and self.job_state in (None, "dead", "cancelled", "done")


OF_LOAD = [name for name in StoredLoad._fields if name in tables.load.c]
COLUMNS = [LOAD[name] for name in OF_LOAD]


class LoadKey(NamedTuple):
    """Where a page of loads begins: after this one."""

    created_at: datetime
    id: str


def add(connection: Connection, new: StoredLoad) -> None:
    """Add a load.  Raises AlreadyStored if another load of the organization runs."""
    row = {name: getattr(new, name) for name in OF_LOAD}
    row["running"] = True if new.is_running else None
    try:
        connection.execute(insert(tables.load), row)
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise AlreadyStored("another load of the organization runs") from error


def get(connection: Connection, organization: str, load_id: str) -> StoredLoad | None:
    """Return a load, or None."""
    statement = _with_job(organization).where(LOAD.id == load_id)
    row = connection.execute(statement).first()
    return None if row is None else StoredLoad._make(row)


def lock(connection: Connection, organization: str, load_id: str) -> None:
    """Lock a load until the commit, if there is one, before it is read."""
    statement = select(LOAD.id).where(LOAD.organization == organization, LOAD.id == load_id)
    connection.execute(statement.with_for_update())


def page(
    connection: Connection, organization: str, after: LoadKey | None, limit: int
) -> list[StoredLoad]:
    """Return the loads after a key, the newest first."""
    statement = _with_job(organization).order_by(LOAD.created_at.desc(), LOAD.id).limit(limit)
    if after is not None:
        same = and_(LOAD.created_at == after.created_at, LOAD.id > after.id)
        statement = statement.where(or_(LOAD.created_at < after.created_at, same))
    return [StoredLoad._make(row) for row in connection.execute(statement)]


def running(connection: Connection, organization: str) -> str | None:
    """Return the id of the load that runs, or None."""
    statement = select(LOAD.id).where(LOAD.organization == organization, LOAD.running.is_(True))
    return connection.execute(statement).scalar()


def same_file(connection: Connection, organization: str, digest: str) -> str | None:
    """Return the id of the last load of the same bytes that stored positions, or None."""
    statement = select(LOAD.id).where(
        LOAD.organization == organization, LOAD.digest == digest, LOAD.state == State.LOADED
    )
    return connection.execute(statement.order_by(LOAD.created_at.desc()).limit(1)).scalar()


def move(
    connection: Connection, load: StoredLoad, before: Collection[State], to: State, **values: Any
) -> bool:
    """Bring a load to a state; return False if it was in none of the states `before`.

    Raises AlreadyStored if it would run beside another load of the organization.
    """
    statement = update(tables.load).where(
        LOAD.organization == load.organization, LOAD.id == load.id, LOAD.state.in_(before)
    )
    values |= {"state": to, "running": True if to in RUNNING else None}
    try:
        with connection.begin_nested():
            row = connection.execute(statement.values(values).returning(LOAD.id)).first()
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise AlreadyStored("another load of the organization runs") from error
    return row is not None


def note(connection: Connection, load: StoredLoad, figures: dict[str, Any]) -> None:
    """Store what has been counted so far."""
    statement = update(tables.load).where(
        LOAD.organization == load.organization, LOAD.id == load.id
    )
    connection.execute(statement.values(figures=figures))


def count(connection: Connection, organization: str) -> int:
    """Return how many loads an organization has."""
    statement = select(func.count()).where(LOAD.organization == organization)
    return connection.execute(statement).scalar_one()


def _with_job(organization: str) -> Any:
    """SQL: the loads with the columns of their jobs."""
    of_load: ColumnElement[bool] = and_(JOB.organization == organization, JOB.id == LOAD.job)
    columns = [*COLUMNS, JOB.state.label("job_state"), JOB.done, JOB.total, JOB.last_error]
    return (
        select(*columns)
        .select_from(tables.load)
        .outerjoin(tables.job, of_load)
        .where(LOAD.organization == organization)
    )
