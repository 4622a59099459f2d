"""The journal's months on PostgreSQL: a partition each, made ahead and dropped whole.

An entry always finds a place: where its month has no partition it goes to `journal_rest`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection, text

from gpd_soap.store.database.engine import without_statement_timeout

#: How many months have a partition before they begin.
AHEAD = 2
#: Any number that no one else locks; PostgreSQL's advisory locks have no names.
LOCK = 4_736_018

PARTITIONS = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'journal'::regclass ORDER BY 1"
)
NAMED = re.compile(r"journal_([0-9]{4})_([0-9]{2})")


def ensure_months(connection: Connection, now: datetime) -> None:
    """Make the partitions of this month (UTC) and of the next ones that are not there yet.

    What waited in `journal_rest` for one of them moves there in the same transaction.  Does nothing
    on SQLite, which has no partitions.
    """
    if connection.dialect.name != "postgresql" or not _missing(connection, now):
        return
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    missing = _missing(connection, now)
    if missing:
        without_statement_timeout(connection)
        # WHY: an entry that came there after the others had moved would undo all of it.
        connection.execute(text("LOCK TABLE journal_rest IN ACCESS EXCLUSIVE MODE"))
    for month in missing:
        _make(connection, month)


def ended(connection: Connection, until: datetime) -> list[date]:
    """The months that have a partition and were over at this instant, the oldest first."""
    if connection.dialect.name != "postgresql":
        return []
    return [month for month in _months(connection) if _begin(later(month, 1)) <= until]


def drop(connection: Connection, month: date) -> int:
    """Remove a month that has a partition; how many entries it had."""
    name = _name(month)
    counted = text(f"SELECT count(*) FROM {name}")  # noqa: S608  # ours
    entries: int = connection.execute(counted).scalar_one()
    connection.execute(text(f"DROP TABLE {name}"))
    return entries


def later(day: date, months: int) -> date:
    """The first day of the month that comes so many months after a day's."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, 1)


def _missing(connection: Connection, now: datetime) -> list[date]:
    there = _months(connection)
    wanted = [later(now.astimezone(UTC).date(), ahead) for ahead in range(AHEAD + 1)]
    return [month for month in wanted if month not in there]


def _months(connection: Connection) -> list[date]:
    names = connection.execute(PARTITIONS).scalars()
    return [date(int(m[1]), int(m[2]), 1) for m in map(NAMED.fullmatch, names) if m]


def _make(connection: Connection, month: date) -> None:
    name, first, following = _name(month), _begin(month), _begin(later(month, 1))
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
