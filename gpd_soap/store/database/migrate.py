"""Upgrades a database to the tables of this version, and checks that it has them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from gpd_soap.store.database.brief_locks import LockOrder, lock_schema, with_brief_locks
from gpd_soap.store.database.building import INDEXES, build_indexes
from gpd_soap.store.database.engine import READING
from gpd_soap.store.database.errors import LaterSchema, StaleSchema
from gpd_soap.store.database.foreign import created_names, reject_foreign
from gpd_soap.store.database.sqlite_statistics import assume_large_tables

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parents[1] / "migrations"
#: Reads the revision of a database, where Alembic has written one.
WRITTEN = text("SELECT version_num FROM alembic_version")
#: Finds the names that a migration may alter: texts of one word, and tables in a statement.
NAMED = re.compile(r'"(\w+)"|\bTABLE (\w+)', re.ASCII)


def upgrade(engine: Engine) -> None:
    """Applies the pending revisions in one transaction; of two processes, the second waits.

    Indexes that PostgreSQL builds while others write are built before, one by one.  An index whose
    build was interrupted is built again, also where no revision is pending.
    Raises ForeignTable if a name that a pending revision creates is in use, and LocksHeld if other
    sessions hold the tables for minutes.
    """
    _checked_pending(engine)
    build_indexes(engine)
    with_brief_locks(engine, partial(_upgrade, LockOrder()))
    # WHY: a build of another process, which was left to it, may have been interrupted since.
    build_indexes(engine)


def _upgrade(order: LockOrder, connection: Connection) -> None:
    lock_schema(connection)
    missing = _pending(connection)
    if missing:
        from alembic import command

        reject_foreign(connection, _names(missing))
        order.lock(connection, altered_tables(connection, missing))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assume_large_tables(connection)


def altered_tables(connection: Connection, revisions: Collection[str]) -> list[str]:
    """Returns the existing tables that these revisions name, or an index of them, in order."""
    texts = [script.read_text(encoding="utf-8") for script in _files(revisions)]
    named = {name for each in texts for names in NAMED.findall(each) for name in names}
    return [
        table
        for table in sorted(inspect(connection).get_table_names())
        if table in named or any(name.startswith(f"ix_{table}_") for name in named)
    ]


def pending(engine: Engine) -> list[str]:
    """Returns the revisions that this database lacks, oldest first.

    Raises LaterSchema if the database is of a later version.
    """
    with engine.connect().execution_options(**READING) as connection:
        return _pending(connection)


def check(engine: Engine) -> None:
    """Raises StaleSchema if the database lacks a revision, LaterSchema if it has a later one.

    Raises ForeignTable if a name that a pending revision creates is in use.
    """
    if missing := _checked_pending(engine):
        first, last = missing[0], missing[-1]
        lacking = first if first == last else f"{first} to {last}"
        raise StaleSchema(f"the database lacks {lacking}")


def current(connection: Connection) -> str:
    """Returns the revision of this database, and nothing for one without tables."""
    return _reached(connection) or ""


def _checked_pending(engine: Engine) -> list[str]:
    """Returns the pending revisions.  Raises ForeignTable if a name that they create is in use."""
    with engine.connect().execution_options(**READING) as connection:
        missing = _pending(connection)
        if missing:
            reject_foreign(connection, _names(missing))
    return missing


def _pending(connection: Connection) -> list[str]:
    ours = _revisions()
    reached = _reached(connection)
    if reached is None:
        return list(ours)
    if reached not in ours:
        raise LaterSchema(f"the database is at revision {reached}, which is not of this version")
    return list(ours[ours.index(reached) + 1 :])


def _reached(connection: Connection) -> str | None:
    """Returns the revision that Alembic has written, and None where it has written none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalars(WRITTEN).one_or_none()


@cache
def _revisions() -> tuple[str, ...]:
    """Returns every revision of this version, oldest first: the beginnings of the files' names."""
    return tuple(sorted(script.name.partition("_")[0] for script in _scripts()))


def _names(revisions: Collection[str]) -> set[str]:
    """Returns the names that these revisions create, without those that may exist already."""
    # WHY: an interrupted upgrade may have built these indexes before its transaction.
    return set(created_names(_files(revisions))) - set(INDEXES)


def _files(revisions: Collection[str]) -> list[Path]:
    return [script for script in _scripts() if script.name.partition("_")[0] in revisions]


def _scripts() -> Iterator[Path]:
    return (SCRIPTS / "versions").glob("[0-9]*_*.py")


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
