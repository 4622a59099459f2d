"""SQLite's files: the database, which only its owner can read, and its write-ahead log (WAL)."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import MutableSequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

logger = logging.getLogger(__name__)

OWNER_ONLY = 0o600
#: The suffix of the write-ahead log's name.
WAL = "-wal"
#: LIMIT: 4 s to wait for another writer or reader before the file is written anew.
REWRITE_SECONDS = 4
#: LIMIT: 1 s to wait for another process that closes the database at the same instant.
FOLD_SECONDS = 1


def create_for_owner(
    _dialect: object, _record: object, arguments: MutableSequence[Any], _options: object
) -> None:
    """Creates the file that the driver is about to open, with mode 0600, if it is missing.

    An existing file keeps its mode.  SQLite gives its log and its index the mode of the file.
    """
    # WHY: O_EXCL, so that a file that exists is not opened here.  Closing any descriptor of a file
    # drops all locks that the process has on it, SQLite's too; two writers would then corrupt it.
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
    # WHY: where the file cannot be made, the driver fails with an error that we translate.
    with suppress(OSError):
        os.close(os.open(str(arguments[0]), flags, OWNER_ONLY))


def overwrite_deleted(connection: Connection) -> None:
    """Makes SQLite write zeros over what this connection deletes; nothing on PostgreSQL."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def rewrite(engine: Engine) -> bool:
    """Writes the file anew without what was deleted, and empties the write-ahead log.

    Returns False if other connections stopped it; the bytes of what was deleted may remain then.
    """
    file = engine.url.database
    if engine.dialect.name != "sqlite" or file is None:
        return True
    try:
        with closing(sqlite3.connect(file, timeout=REWRITE_SECONDS)) as connection:
            connection.execute("VACUUM")
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        logger.warning("SQLite's file was not written anew: %s", type(error).__name__)
        return False
    return not busy


def fold_wal(engine: Engine) -> None:
    """Moves the write-ahead log into the database file, except pages that a reader still needs.

    Removes the log if no other connection is open.  Does nothing on PostgreSQL or without a log.
    Raises no error of SQLite: it reads the rest of the log at the next start.
    """
    file = engine.url.database
    if engine.dialect.name != "sqlite" or file is None or not Path(file + WAL).exists():
        return
    try:
        # WHY: the last connection that closes removes the log.  If two close at one instant, each
        # sees the other and leaves it.  So it is opened and closed once more.
        with closing(sqlite3.connect(file, timeout=FOLD_SECONDS)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.Error as error:
        logger.warning(
            "SQLite's write-ahead log was not moved into the database file: %s",
            type(error).__name__,
        )
