"""Indexes of big tables on PostgreSQL, built while other sessions read and write."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from gpd_soap.store.database.engine import without_statement_timeout

#: Each index with its table and columns.  Its migration creates it only where it is missing.
INDEXES = {
    "ix_position_organization_company_name_iupd": ('"position"', "organization, company_name, iupd")
}

#: Counts an index whose build was interrupted, and that no session is building now.
INTERRUPTED = text("""
SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = to_regclass(:table) AND relname = :index AND NOT indisvalid
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = indexrelid)
""")


def build_indexes(engine: Engine) -> None:
    """Builds the indexes that existing tables lack.

    Does nothing on SQLite.  A table that does not exist yet gets its index from its migration.
    """
    if engine.dialect.name != "postgresql":
        return
    # WHY: the build waits for every open transaction, and one of those may wait for our lock.  So
    # it runs outside a transaction and without the lock.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _remove_timeouts(connection)
        for index, (table, columns) in INDEXES.items():
            _build(connection, index, table, columns)


def _remove_timeouts(connection: Connection) -> None:
    """Removes the time limits of this session's statements."""
    without_statement_timeout(connection)
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET lock_timeout = 0"))


def _build(connection: Connection, index: str, table: str, columns: str) -> None:
    exists = text("SELECT to_regclass(:table) IS NOT NULL")
    if not connection.execute(exists, {"table": table}).scalar_one():
        return
    if connection.execute(INTERRUPTED, {"table": table, "index": index}).scalar_one():
        connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {index}"))
    connection.execute(
        text(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON {table} ({columns})")
    )
