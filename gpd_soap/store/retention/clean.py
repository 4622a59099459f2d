"""Removes from the disk what rows no longer show."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from psycopg import Error

from gpd_soap.store import purge, tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.sqlite_file import rewrite
from gpd_soap.store.retention import accounts

#: The tables in which a run replaces persons, or removes what is about them.
FORGOTTEN = (
    *(tables.position, tables.payment_option, tables.transfer, tables.receipt, tables.quote),
    *(tables.document, tables.document_batch_line, tables.operator, tables.api_key),
    *accounts.OWNED,
)
#: The tables from which a run removes rows by their term.
PURGED = (tables.journal, tables.event, *(table for table, _ in purge.OLD.values()))
#: The names of all of them.
CHANGED = tuple(dict.fromkeys(table.name for table in (*FORGOTTEN, *PURGED)))


def clean(database: Database, changed: Sequence[str] = CHANGED) -> bool:
    """Removes the bytes of removed rows and old values, and the figures about their columns.

    SQLite writes its file anew and empties its log, while which no other session writes.
    PostgreSQL vacuums and analyzes these tables, and locks out nobody.  Returns False if that
    failed, which changes no row.
    """
    if database.engine.dialect.name == "sqlite":
        database.engine.dispose()
        return rewrite(database.engine)
    connection = database.engine.raw_connection()
    driver: Any = connection.driver_connection
    # WHY: the session has limits of time that must not stay without them in the pool.
    connection.detach()
    try:
        driver.wait = partial(type(driver).wait, driver)
        driver.autocommit = True
        driver.execute("SET statement_timeout = 0")
        for table in changed:
            driver.execute(f"VACUUM (ANALYZE) {table}")
    except Error:
        return False
    finally:
        driver.close()
    return True
