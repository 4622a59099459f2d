"""How each database is opened, and why so; nowhere else says a word to a driver."""

from __future__ import annotations

import json
import sqlite3
import time
from functools import partial
from typing import Any

from psycopg import OperationalError
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError

from gpd_soap.store.database.errors import UnusableDatabase
from gpd_soap.store.database.private_file import create_for_owner
from gpd_soap.store.database.stale import renew_when_stale

#: LIMIT: the Node gives up a question after 7 s; an answer later than this helps nobody.
STATEMENT_SECONDS = 5
#: LIMIT: a writer waits for another this long; then 503, and the Node sends the receipt again.
LOCK_SECONDS = 4
CONNECT_SECONDS = 3
#: LIMIT: when a server's machine is gone, so that nothing says that a connection is dead.
SILENCE_SECONDS = 6
#: LIMIT: when a server that is there says nothing: it hangs, or its commit waits for a standby,
#: which no statement_timeout ends.  What it then commits is found when the receipt comes again.
ANSWER_SECONDS = 6

SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}",
    # WHY: in WAL mode NORMAL may lose the last commits with the power; a receipt may not be lost.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)

POSTGRESQL_CONNECT = {
    "connect_timeout": CONNECT_SECONDS,
    "tcp_user_timeout": SILENCE_SECONDS * 1000,
    "keepalives_idle": SILENCE_SECONDS,
    "keepalives_interval": 1,
    "keepalives_count": 3,
}

# WHY: readers do not wait for the writer.
SQLITE_MODE = "PRAGMA journal_mode = WAL"
#: What SQLite says where a file or its folder may not be written.
UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
WRITABLE = "the database file and its folder must both be writable"

# WHY: an OK to a receipt promises a durable commit, whatever the cluster's default says; a stricter
# default (remote_apply) is kept.  What waits for a lock must then see what the other committed.
POSTGRESQL_SESSION = f"""
SELECT set_config('statement_timeout', '{STATEMENT_SECONDS}s', false),
       set_config('lock_timeout', '{LOCK_SECONDS}s', false),
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('timezone', 'UTC', false),
       set_config('synchronous_commit',
           CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' WHEN 'local' THEN 'on'
                ELSE current_setting('synchronous_commit') END, false)
"""


#: What PostgreSQL (unique_violation) and SQLite call a key that is in use.
DUPLICATE = ("23505", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE")

#: The execution options of a connection that changes nothing.
READING = {"reading": True, "postgresql_readonly": True}


#: How a session is told to commit without waiting for the disk.
HURRIED = {"postgresql": "SET synchronous_commit = off", "sqlite": "PRAGMA synchronous = NORMAL"}


def make_engine(address: str, *, durable: bool = True) -> Engine:
    """Open nothing yet; say how connections to this SQLAlchemy URL will be made.

    What is not `durable` may lose its last commits with the power.  Raises UnusableDatabase for an
    address that is neither SQLite file nor PostgreSQL.
    """
    engine = _engine(address)

    def hurry(connection: Any, _record: object) -> None:
        connection.execute(HURRIED[engine.dialect.name])
        connection.commit()

    if not durable:
        event.listen(engine, "connect", hurry)
    return engine


def _engine(address: str) -> Engine:
    url = _url(address)
    alike: dict[str, Any] = {
        # WHY: parameters are personal data, and an error is logged.
        "hide_parameters": True,
        # WHY: threads bound how many there are; who waited for another's would wait longer than
        # the Node.
        "max_overflow": -1,
        "json_deserializer": from_json,
    }
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, pool_pre_ping=True, connect_args=POSTGRESQL_CONNECT, **alike)
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "checkin", _bound)
        renew_when_stale(engine)
        return engine
    engine = create_engine(url, connect_args={"timeout": LOCK_SECONDS}, **alike)
    event.listen(engine, "do_connect", create_for_owner)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkin", _allow_writing)
    return engine


def is_duplicate(error: IntegrityError) -> bool:
    """Whether a row was refused because its key is in use, and for no other reason."""
    told = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return told in DUPLICATE


def without_statement_timeout(connection: Connection) -> None:
    """Let the statements of this transaction take as long as they need: an operator can wait."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        driver: Any = connection.connection.driver_connection
        driver.wait = partial(type(driver).wait, driver)


def from_json(text: str | bytes) -> Any:
    """Read what is kept in a column of JSON."""
    # WHY: most notices have no metadata, and each share says so.
    return [] if text in ("[]", b"[]") else json.loads(text)


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except Exception as error:
        raise UnusableDatabase("the database address cannot be read") from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise UnusableDatabase(f"{url.drivername}: neither sqlite nor postgresql")
    if url.drivername == "sqlite" and url.database in (None, "", ":memory:"):
        raise UnusableDatabase("sqlite needs a file: processes and threads share it")
    return url


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # WHY: with the driver's own transaction control a savepoint taken first is committed by its
    # release; here BEGIN is always said by us.
    connection.isolation_level = None
    try:
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        _turn_to_wal(connection)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in UNWRITABLE:
            raise
        raise UnusableDatabase(f"SQLite cannot write: {WRITABLE}") from error


def _turn_to_wal(connection: sqlite3.Connection) -> None:
    """Sets the mode, which the file keeps.  Raises UnusableDatabase if it cannot be set."""
    # WHY: a file changes its mode once, and SQLite then waits for no one, whatever busy_timeout.
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            mode = connection.execute(SQLITE_MODE).fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            break
    # WHY: where the mode cannot be changed SQLite says so by the mode that it keeps, and no more.
    if mode != ("wal",):
        raise UnusableDatabase("SQLite cannot keep a write-ahead log on this file system")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    _bound(connection, _record)
    # WHY: what a transaction sets, its rollback takes away.
    connection.autocommit = True
    connection.execute(POSTGRESQL_SESSION)
    connection.autocommit = False


def _bound(connection: Any, _record: object) -> None:
    if connection is not None:
        connection.wait = partial(_wait, connection)


def _wait(connection: Any, work: Any) -> Any:
    try:
        return type(connection).wait(connection, work, timeout=ANSWER_SECONDS)
    except OperationalError:
        # WHY: by leaving, not by a cancel: a commit that waits for a standby would be reported as
        # done.
        if connection.pgconn.transaction_status == TransactionStatus.ACTIVE:
            connection.close()
        raise


def _begin(connection: Connection) -> None:
    # WHY: a transaction that reads first and writes later would fail, not wait, behind a writer.
    reading = connection.get_execution_options().get("reading")
    if reading:
        # WHY: a write would take the lock behind our back, so it fails, as it does on PostgreSQL.
        connection.exec_driver_sql("PRAGMA query_only = ON")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _allow_writing(connection: Any, _record: object) -> None:
    if connection is not None:
        connection.execute("PRAGMA query_only = OFF")
