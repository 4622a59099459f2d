"""SQLite's database as files: the database itself, and beside it the write-ahead log (WAL)."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

logger = logging.getLogger(__name__)

#: Ends the name of the write-ahead log.
WAL = "-wal"


def fold_wal(engine: Engine) -> None:
    """Moves what the write-ahead log holds into the database file, as far as nobody reads it.

    The log is removed where no other connection is open.  Does nothing on PostgreSQL, and nothing
    where there is no log.  Never raises: what stays in the log is read at the next start.
    """
    file = engine.url.database
    if engine.dialect.name != "sqlite" or file is None or not Path(file + WAL).exists():
        return
    try:
        # WHY: the last connection that closes removes the log.  Two that close at one instant each
        # see the other, and leave it; so whoever comes after both opens it once more.
        with closing(sqlite3.connect(file, timeout=0)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.Error as error:
        logger.warning("the write-ahead log stays: %s", type(error).__name__)
