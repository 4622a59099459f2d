"""Indexes of big tables on PostgreSQL, built while other sessions read and write."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Connection, Engine, Index, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex

from gpd_soap.store import tables
from gpd_soap.store.database.engine import without_statement_timeout
from gpd_soap.store.database.errors import DEADLOCK, sqlstate
from gpd_soap.store.tables.debtor_indexes import REPLACED_DEBTOR_INDEXES
from gpd_soap.store.tables.receipts import CASE_INDEXES

logger = logging.getLogger(__name__)

#: LIMIT: 10 s without a word, because an administrator waits for the command.
REPORT_SECONDS = 10.0
#: LIMIT: 5 attempts, because each ends in a deadlock only where another session goes on.
ATTEMPTS = 5
#: The views of PostgreSQL that show how far a build is, and which transactions are old.
WHERE_TO_LOOK = "pg_stat_progress_create_index, pg_stat_activity"

#: By table, the name of each index that a migration adds, those of debtors and of cases apart.
_OF_TABLES = (
    (tables.position, "ix_position_organization_company_name_iupd"),
    (tables.payment_option, "ix_payment_option_organization_due_at_nav"),
    (tables.payment_option, "ix_payment_option_organization_iupd_debtor_full_name"),
    (tables.receipt, "ix_receipt_organization_kept_received_at_amount"),
)
#: Each index by its name.  Its migration creates it only where it is missing.
INDEXES: dict[str, Index] = {
    str(index.name): index
    for index in (
        *(each for table, name in _OF_TABLES for each in table.indexes if each.name == name),
        *CASE_INDEXES,
        *tables.DEBTOR_INDEXES,
    )
}
#: Each index that one of these replaces, and which.  It has the first columns of the new one, so
#: that the version before reads by the new one too.
REPLACED = {
    "ix_payment_option_organization_due_at": "ix_payment_option_organization_due_at_nav",
    "ix_payment_option_organization_iupd": ("ix_payment_option_organization_iupd_debtor_full_name"),
    "ix_receipt_organization_kept_received_at": "ix_receipt_organization_kept_received_at_amount",
    **REPLACED_DEBTOR_INDEXES,
}

#: Counts the columns of a table that have one of these names.
EXISTING = text("""
SELECT count(*) FROM pg_attribute
WHERE attrelid = to_regclass(:table) AND attname = ANY(:names) AND NOT attisdropped
""")

#: Counts an index that is built.
BUILT = text("SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass(:index) AND indisvalid")

#: Counts an index whose build was interrupted, and that no session is building now.
INTERRUPTED = text("""
SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = to_regclass(:table) AND relname = :index AND NOT indisvalid
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = indexrelid)
""")


def build_indexes(engine: Engine) -> None:
    """Builds the indexes that existing tables lack, and removes those that they replace.

    An index whose build was interrupted is built again, and one that another session is building is
    left to it.  Does nothing on SQLite.  A table that does not exist yet, or lacks a column, gets
    its index from its migration.
    """
    if engine.dialect.name != "postgresql":
        return
    # WHY: the build waits for every open transaction, and one of those may wait for our lock.  So
    # it runs outside a transaction and without the lock.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _remove_timeouts(connection)
        for index in INDEXES.values():
            _again_after_deadlocks(partial(_build, connection, index))
        for name, by in REPLACED.items():
            if connection.execute(BUILT, {"index": by}).scalar_one():
                _again_after_deadlocks(partial(_drop, connection, name))


def _again_after_deadlocks(work: Callable[[], None]) -> None:
    # WHY: a build waits for every older transaction.  One that analyzes the table, such as a
    # vacuum's, waits for the build, and PostgreSQL ends either.
    for left in reversed(range(ATTEMPTS)):
        try:
            work()
        except OperationalError as error:
            if not left or sqlstate(error) != DEADLOCK:
                raise
            logger.warning(
                "the build of an index ended in a deadlock with another session: next try at once"
            )
        else:
            return


def _drop(connection: Connection, name: str) -> None:
    # WHY: a plain DROP INDEX waits for the readers of the table, and others wait for it.
    connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))


def _remove_timeouts(connection: Connection) -> None:
    """Removes the time limits of this session's statements."""
    without_statement_timeout(connection)
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET lock_timeout = 0"))


def _build(connection: Connection, index: Index) -> None:
    assert index.table is not None
    if connection.execute(BUILT, {"index": index.name}).scalar_one():
        return
    table = connection.dialect.identifier_preparer.format_table(index.table)
    # WHY: an earlier version may lack a column of the condition alone.
    words = set(re.findall("[a-z_]+", str(index.dialect_options["postgresql"]["where"])))
    names = {column.name for column in index.columns} | (words & set(index.table.columns.keys()))
    existing = connection.execute(EXISTING, {"table": table, "names": sorted(names)}).scalar_one()
    if existing < len(names):
        return
    if connection.execute(INTERRUPTED, {"table": table, "index": index.name}).scalar_one():
        _drop(connection, str(index.name))
    # WHY: the text is that of the migration, with the word that it cannot have.
    statement = str(CreateIndex(index, if_not_exists=True).compile(dialect=connection.dialect))
    with _reporting(str(index.name)):
        connection.exec_driver_sql(
            statement.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1)
        )


@contextmanager
def _reporting(name: str) -> Iterator[None]:
    """Logs a line about an index if its build takes long."""
    # WHY: the build waits without an end for each older transaction, one that was forgotten too.
    text = "index %s is being built: a large table takes minutes, and an older transaction must end"
    timer = threading.Timer(REPORT_SECONDS, logger.warning, (f"{text} (%s)", name, WHERE_TO_LOOK))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
