"""Removes what has been kept for its term, in batches: a later run goes on where one ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from functools import partial

from sqlalchemy import ColumnElement, Table, and_, delete, func, select, tuple_

from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.sqlite_file import overwrite_deleted
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.database.until import Until
from gpd_soap.store.jobs.queue import State

#: LIMIT: 1,000 rows in one transaction, so that other writers of SQLite wait for moments only.
CHUNK = 1_000

REQUEST, DEMAND = tables.request.c, tables.demand.c
MESSAGE, AUDIT, JOB = tables.quarantine.c, tables.audit.c, tables.job.c
TALLY, FILE = tables.tally.c, tables.load_file.c


class Kind(StrEnum):
    """What can be purged: responses, demands, quarantine, audit, jobs, tally, loaded files."""

    REQUESTS = "requests"
    DEMANDS = "demands"
    QUARANTINE = "quarantine"
    AUDIT = "audit"
    JOBS = "jobs"
    TALLY = "tally"
    FILES = "files"


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
    Kind.TALLY: (tables.tally, lambda until: TALLY.hour <= until),
    Kind.FILES: (tables.load_file, lambda until: FILE.stored_at <= until),
}


def count(store: Database, kind: Kind, until: Until) -> int:
    """Return how many rows of a kind are older than this instant."""
    table, _ = OLD[kind]

    def count_old(connection: Transaction) -> int:
        without_statement_timeout(connection)
        statement = select(func.count()).select_from(table)
        counts = [connection.execute(statement.where(old)) for old in _old(kind, until)]
        return sum(each.scalar_one() for each in counts)

    return read_only(store, count_old)


def purge(store: Database, kind: Kind, until: Until) -> int:
    """Remove the rows of a kind that are older than this instant; return how many there were.

    Each batch is a transaction of its own.  A row that another session has locked stays.
    """
    removed = 0
    for old in _old(kind, until):
        while batch := in_transaction(store, partial(_remove, kind, old)):
            removed += batch
    return removed


def _old(kind: Kind, until: Until) -> Iterator[ColumnElement[bool]]:
    """Yields conditions of which each old row meets one."""
    table, is_old = OLD[kind]
    if "organization" not in table.c:
        yield is_old(until.instant)
        return
    for scope, instant in until.scopes(table.c.organization):
        yield and_(scope, is_old(instant))


def _remove(kind: Kind, old: ColumnElement[bool], connection: Transaction) -> int:
    without_statement_timeout(connection)
    overwrite_deleted(connection)
    table, _ = OLD[kind]
    key = list(table.primary_key.columns)
    chunk = select(*key).where(old).limit(CHUNK).with_for_update(skip_locked=True)
    return connection.execute(delete(table).where(tuple_(*key).in_(chunk))).rowcount
