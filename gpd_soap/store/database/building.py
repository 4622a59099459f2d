"""Indexes of big tables on PostgreSQL, made while others read and write."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from gpd_soap.store.database.engine import without_statement_timeout

#: Each index with its table and columns; the migration that names it then finds it there.
INDEXES = {
    "ix_position_organization_company_name_iupd": ('"position"', "organization, company_name, iupd")
}

#: An index whose making was broken off, and that nobody is making now.
BROKEN_OFF = text("""
SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = to_regclass(:table) AND relname = :index AND NOT indisvalid
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = indexrelid)
""")


def build_indexes(engine: Engine) -> None:
    """Makes the indexes that are missing from tables that are there.

    Does nothing on SQLite.  A table that is not there gets its index from its migration.
    """
    if engine.dialect.name != "postgresql":
        return
    # WHY: outside a transaction and without our lock, because it waits for every transaction that
    # is open, and one of those may wait for the lock.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _patiently(connection)
        for index, (table, columns) in INDEXES.items():
            _build(connection, index, table, columns)


def _patiently(connection: Connection) -> None:
    """Lets each statement of this session take as long as it needs."""
    without_statement_timeout(connection)
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET lock_timeout = 0"))


def _build(connection: Connection, index: str, table: str, columns: str) -> None:
    there = text("SELECT to_regclass(:table) IS NOT NULL")
    if not connection.execute(there, {"table": table}).scalar_one():
        return
    if connection.execute(BROKEN_OFF, {"table": table, "index": index}).scalar_one():
        connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {index}"))
    connection.execute(
        text(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON {table} ({columns})")
    )
