"""Failed attempts to sign in, counted for all processes together."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from gpd_soap.store import tables
from gpd_soap.store.database.upsert import insert_if_absent

ATTEMPT = tables.sign_in_attempt.c


class Count(NamedTuple):
    """How many attempts failed in a row, and when the last one was made."""

    failures: int
    last_at: datetime


def lock(connection: Connection, kind: str, subject: str, now: datetime) -> Count:
    """Return the count of a subject, and lock it; a new one has no failure."""
    row = {"kind": kind, "subject": subject, "failures": 0, "last_at": now}
    insert_if_absent(connection, tables.sign_in_attempt, row)
    statement = select(ATTEMPT.failures, ATTEMPT.last_at).where(_named(kind, subject))
    return Count._make(connection.execute(statement.with_for_update()).one())


def put(connection: Connection, kind: str, subject: str, count: Count) -> None:
    """Store the count of a subject."""
    connection.execute(
        update(tables.sign_in_attempt).where(_named(kind, subject)).values(**count._asdict())
    )


def take_back(
    connection: Connection, kind: str, subject: str, now: datetime, before: datetime
) -> None:
    """Subtract one failure, for an attempt at `now` that succeeded.

    Unless another attempt came after it, the last one counts as made at `before`.
    """
    named = _named(kind, subject)
    counted = update(tables.sign_in_attempt).where(named, ATTEMPT.failures > 0)
    connection.execute(counted.values(failures=ATTEMPT.failures - 1))
    last = update(tables.sign_in_attempt).where(named, ATTEMPT.last_at == now)
    connection.execute(last.values(last_at=before))


def forget(connection: Connection, kind: str, subject: str) -> None:
    """Remove the count of a subject."""
    connection.execute(delete(tables.sign_in_attempt).where(_named(kind, subject)))


def forget_older(connection: Connection, until: datetime) -> None:
    """Remove the counts whose last attempt was before `until`, so that the table stays small."""
    connection.execute(delete(tables.sign_in_attempt).where(ATTEMPT.last_at < until))


def _named(kind: str, subject: str) -> ColumnElement[bool]:
    return and_(ATTEMPT.kind == kind, ATTEMPT.subject == subject)
