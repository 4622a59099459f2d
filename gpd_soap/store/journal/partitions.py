"""The monthly partitions of journal and events on PostgreSQL, created ahead and dropped whole.

A row whose month has no partition goes to the default partition, such as `journal_rest`.  Where
too many rows of a month are there, they stay: they are found as well, and removed one by one.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection, select, sql, text

from gpd_soap.store.database.brief_locks import lock_tables
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.tables.base import Instant

#: LIMIT: 2 months have a partition before they begin.
MONTHS_AHEAD = 2
#: LIMIT: 10,000 rows move to a new month, because meanwhile no other session writes to the table,
#: and the Node expects an answer to a receipt within 2 s.
MOVED = 10_000
#: The advisory lock for the creation of partitions; the number has no meaning.
LOCK = 4_736_018

#: The tables with a partition for each month.
TABLES = ("journal", "event")
PARTITIONS = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = CAST(:table AS regclass) ORDER BY 1"
).bindparams(table="journal")
PARTITION_NAME = re.compile(r"[a-z]+_([0-9]{4})_([0-9]{2})")


def ensure_months(connection: Connection, now: datetime) -> None:
    """Create the missing partitions of this month (UTC) and of the next ones.

    Rows of these months move there from the default partition in the same transaction.  A month of
    which it has more than `MOVED` gets no partition.  SQLite has none, and nothing is done there.
    """
    if connection.dialect.name == "postgresql":
        for table in TABLES:
            _ensure(connection, table, now)


def _ensure(connection: Connection, table: str, now: datetime) -> None:
    if not _missing(connection, table, now):
        return
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    without_statement_timeout(connection)
    missing = [
        month for month in _missing(connection, table, now) if _can_move(connection, table, month)
    ]
    if missing:
        # WHY: a writer that has chosen the default partition for its row would be refused there
        # once the month is attached.  It waits here before it chooses.  A transaction that has read
        # the table and writes to it next goes before us, because we lock out readers too.
        lock_tables(connection, [table, f"{table}_rest"], only=True)
    for month in missing:
        _create(connection, table, month)


def ended_months(connection: Connection, until: datetime, table: str = "journal") -> list[date]:
    """Return the months that have a partition and had ended at this instant, the oldest first."""
    if connection.dialect.name != "postgresql":
        return []
    return [month for month in _months(connection, table) if _begin(add_months(month, 1)) <= until]


def drop_month(connection: Connection, month: date, table: str = "journal") -> int:
    """Drop the partition of a month; return how many rows it had."""
    name = _name(table, month)
    statement = text(f"SELECT count(*) FROM {name}")  # noqa: S608  # ours
    entries: int = connection.execute(statement).scalar_one()
    connection.execute(text(f"DROP TABLE {name}"))
    return entries


def add_months(day: date, months: int) -> date:
    """Return the first day of the month that comes `months` after that of a day."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, 1)


def _missing(connection: Connection, table: str, now: datetime) -> list[date]:
    existing = _months(connection, table)
    first = now.astimezone(UTC).date()
    needed = [add_months(first, ahead) for ahead in range(MONTHS_AHEAD + 1)]
    return [month for month in needed if month not in existing]


def _months(connection: Connection, table: str) -> list[date]:
    names = connection.execute(PARTITIONS, {"table": table}).scalars()
    return [date(int(m[1]), int(m[2]), 1) for m in map(PARTITION_NAME.fullmatch, names) if m]


def _can_move(connection: Connection, table: str, month: date) -> bool:
    first, following = _bounds(month)
    rest, instant = sql.table(f"{table}_rest"), sql.column("at", Instant)
    of_month = select(instant).select_from(rest).where(instant >= first, instant < following)
    beyond = connection.execute(of_month.offset(MOVED).limit(1)).first()
    return beyond is None


def _create(connection: Connection, table: str, month: date) -> None:
    name, (first, following) = _name(table, month), _bounds(month)
    connection.execute(text(f"CREATE TABLE {name} (LIKE {table})"))
    moved = f"DELETE FROM {table}_rest WHERE at >= :first AND at < :following RETURNING *"  # noqa: S608  # ours
    move = f"WITH moved AS ({moved}) INSERT INTO {name} SELECT * FROM moved"  # noqa: S608  # ours
    connection.execute(text(move), {"first": first, "following": following})
    bounds = f"FROM ('{first.isoformat()}') TO ('{following.isoformat()}')"
    connection.exec_driver_sql(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES {bounds}")


def _bounds(month: date) -> tuple[datetime, datetime]:
    """Return the first instant of a month, and that of the next one."""
    return _begin(month), _begin(add_months(month, 1))


def _begin(month: date) -> datetime:
    return datetime.combine(month, time.min, UTC)


def _name(table: str, month: date) -> str:
    return f"{table}_{month:%Y_%m}"
