"""Removes what has been kept for its term, in batches: a later run goes on where one ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import partial

from sqlalchemy import ColumnElement, Table, and_, delete, func, select, tuple_

from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.jobs.queue import State

#: LIMIT: 1,000 rows in one transaction, so that other writers of SQLite wait for moments only.
CHUNK = 1_000

REQUEST, DEMAND = tables.request.c, tables.demand.c
MESSAGE, AUDIT, JOB = tables.quarantine.c, tables.audit.c, tables.job.c


class Kind(StrEnum):
    """What can be purged: responses to requests, demands, quarantined messages, audit, jobs."""

    REQUESTS = "requests"
    DEMANDS = "demands"
    QUARANTINE = "quarantine"
    AUDIT = "audit"
    JOBS = "jobs"


Condition = Callable[[datetime], ColumnElement[bool]]

#: SQL conditions of the rows that are older than an instant.  An open case is kept for ever.
OLD: dict[Kind, tuple[Table, Condition]] = {
    Kind.REQUESTS: (tables.request, lambda until: REQUEST.asked_at <= until),
    Kind.DEMANDS: (tables.demand, lambda until: DEMAND.answered_at <= until),
    Kind.QUARANTINE: (
        tables.quarantine,
        lambda until: and_(MESSAGE.resolved_at <= until, MESSAGE.last_received_at <= until),
    ),
    Kind.AUDIT: (tables.audit, lambda until: AUDIT.at <= until),
    # WHY: a dead job needs a person, and a job that is done again and again is never over.
    Kind.JOBS: (
        tables.job,
        lambda until: and_(JOB.ended_at <= until, JOB.state.in_((State.DONE, State.CANCELLED))),
    ),
}


def count(store: Database, kind: Kind, until: datetime) -> int:
    """Return how many rows of a kind are older than this instant."""
    table, is_old = OLD[kind]

    def count_old(connection: Transaction) -> int:
        without_statement_timeout(connection)
        statement = select(func.count()).select_from(table).where(is_old(until))
        return connection.execute(statement).scalar_one()

    return read_only(store, count_old)


def purge(store: Database, kind: Kind, until: datetime) -> int:
    """Remove the rows of a kind that are older than this instant; return how many there were.

    Each batch is a transaction of its own.  A row that another session has locked stays.
    """
    removed = 0
    while batch := in_transaction(store, partial(_remove, kind, until)):
        removed += batch
    return removed


def _remove(kind: Kind, until: datetime, connection: Transaction) -> int:
    without_statement_timeout(connection)
    table, is_old = OLD[kind]
    key = list(table.primary_key.columns)
    old = select(*key).where(is_old(until)).limit(CHUNK).with_for_update(skip_locked=True)
    return connection.execute(delete(table).where(tuple_(*key).in_(old))).rowcount
