"""Bringing a database to what this version needs, and saying whether it is there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from gpd_soap.store.database.building import INDEXES, build_indexes
from gpd_soap.store.database.engine import READING, without_statement_timeout
from gpd_soap.store.database.errors import LaterSchema, StaleSchema
from gpd_soap.store.database.foreign import created_by, reject_foreign
from gpd_soap.store.database.sqlite_statistics import believe_large

SCRIPTS = Path(__file__).parents[1] / "migrations"
#: Any number that no one else locks; PostgreSQL's advisory locks have no names.
LOCK = 4_736_017


def upgrade(engine: Engine) -> None:
    """Apply what is pending, all or nothing; two processes at once do it one after the other.

    Indexes that PostgreSQL makes while others write are made before, each by itself.
    Raises ForeignTable if a name that a pending revision creates is in use.
    """
    if _looked_through(engine):
        build_indexes(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            without_statement_timeout(connection)
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        waiting = _pending(connection)
        if waiting:
            reject_foreign(connection, _names(waiting))
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            believe_large(connection)


def pending(engine: Engine) -> list[str]:
    """The revisions that this database lacks, oldest first; empty when it is up to date."""
    with engine.connect().execution_options(**READING) as connection:
        return _pending(connection)


def check(engine: Engine) -> None:
    """Raise StaleSchema where the database lacks something, or is of a later version.

    Raises ForeignTable if it lacks something whose name is in use.
    """
    if waiting := _looked_through(engine):
        raise StaleSchema(f"the database lacks {', '.join(waiting)}")


def _looked_through(engine: Engine) -> list[str]:
    """The pending revisions.  Raises ForeignTable if a name that they create is in use."""
    with engine.connect().execution_options(**READING) as connection:
        waiting = _pending(connection)
        if waiting:
            reject_foreign(connection, _names(waiting))
    return waiting


def _pending(connection: Connection) -> list[str]:
    ours = _revisions()
    reached = MigrationContext.configure(connection).get_current_revision()
    if reached is None:
        return list(ours)
    if reached not in ours:
        raise LaterSchema(f"the database is at revision {reached}, which is not of this version")
    return list(ours[ours.index(reached) + 1 :])


@cache
def _revisions() -> tuple[str, ...]:
    """Every revision that this version knows, oldest first."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(script.revision for script in scripts)[::-1]


def _names(revisions: list[str]) -> set[str]:
    """The names that these revisions create, and that nothing of ours has yet."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    files = [Path(script.path) for script in scripts if script.revision in revisions]
    # WHY: an upgrade that was broken off may have made these, before its transaction.
    return set(created_by(files)) - set(INDEXES)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
