"""SQLite's files: the database itself, and beside it the write-ahead log (WAL)."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

logger = logging.getLogger(__name__)

#: The suffix of the write-ahead log's name.
WAL = "-wal"


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
        with closing(sqlite3.connect(file, timeout=0)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.Error as error:
        logger.warning(
            "SQLite's write-ahead log was not moved into the database file: %s",
            type(error).__name__,
        )
