"""The journal's monthly partitions on PostgreSQL, created ahead and dropped whole.

An entry whose month has no partition goes to the default partition, `journal_rest`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection, text

from gpd_soap.store.database.engine import without_statement_timeout

#: LIMIT: 2 months have a partition before they begin.
MONTHS_AHEAD = 2
#: The advisory lock for the creation of partitions; the number has no meaning.
LOCK = 4_736_018

PARTITIONS = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'journal'::regclass ORDER BY 1"
)
PARTITION_NAME = re.compile(r"journal_([0-9]{4})_([0-9]{2})")


def ensure_months(connection: Connection, now: datetime) -> None:
    """Create the missing partitions of this month (UTC) and of the next ones.

    Entries of these months move there from `journal_rest` in the same transaction.  SQLite has no
    partitions, and nothing is done there.
    """
    if connection.dialect.name != "postgresql" or not _missing(connection, now):
        return
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    missing = _missing(connection, now)
    if missing:
        without_statement_timeout(connection)
        # WHY: an entry inserted there after the others had moved would make ATTACH PARTITION fail.
        connection.execute(text("LOCK TABLE journal_rest IN ACCESS EXCLUSIVE MODE"))
    for month in missing:
        _create(connection, month)


def ended_months(connection: Connection, until: datetime) -> list[date]:
    """Return the months that have a partition and had ended at this instant, the oldest first."""
    if connection.dialect.name != "postgresql":
        return []
    return [month for month in _months(connection) if _begin(add_months(month, 1)) <= until]


def drop_month(connection: Connection, month: date) -> int:
    """Drop the partition of a month; return how many entries it had."""
    name = _name(month)
    statement = text(f"SELECT count(*) FROM {name}")  # noqa: S608  # ours
    entries: int = connection.execute(statement).scalar_one()
    connection.execute(text(f"DROP TABLE {name}"))
    return entries


def add_months(day: date, months: int) -> date:
    """Return the first day of the month that comes `months` after that of a day."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, 1)


def _missing(connection: Connection, now: datetime) -> list[date]:
    existing = _months(connection)
    first = now.astimezone(UTC).date()
    needed = [add_months(first, ahead) for ahead in range(MONTHS_AHEAD + 1)]
    return [month for month in needed if month not in existing]


def _months(connection: Connection) -> list[date]:
    names = connection.execute(PARTITIONS).scalars()
    return [date(int(m[1]), int(m[2]), 1) for m in map(PARTITION_NAME.fullmatch, names) if m]


def _create(connection: Connection, month: date) -> None:
    name, first, following = _name(month), _begin(month), _begin(add_months(month, 1))
    connection.execute(text(f"CREATE TABLE {name} (LIKE journal)"))
    moved = "DELETE FROM journal_rest WHERE at >= :first AND at < :following RETURNING *"
    move = f"WITH moved AS ({moved}) INSERT INTO {name} SELECT * FROM moved"  # noqa: S608  # ours
    connection.execute(text(move), {"first": first, "following": following})
    bounds = f"FROM ('{first.isoformat()}') TO ('{following.isoformat()}')"
    connection.exec_driver_sql(f"ALTER TABLE journal ATTACH PARTITION {name} FOR VALUES {bounds}")


def _begin(month: date) -> datetime:
    return datetime.combine(month, time.min, UTC)


def _name(month: date) -> str:
    return f"journal_{month:%Y_%m}"
