"""Configures the database connections."""

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

from gpd_soap.store.database.errors import UnusableDatabase, sqlstate
from gpd_soap.store.database.sqlite_file import create_for_owner
from gpd_soap.store.database.stale import renew_when_stale

#: LIMIT: 5 s for a statement, because the Node abandons a request after 7 s.
STATEMENT_SECONDS = 5
#: LIMIT: 4 s for a writer to wait for another.  After that the answer is 503, and the Node sends
#: the receipt again.
LOCK_SECONDS = 4
CONNECT_SECONDS = 3
#: LIMIT: 6 s without a packet from the server, because a machine that is gone closes no connection.
SILENCE_SECONDS = 6
#: LIMIT: 6 s without an answer, because a server may hang, or its commit may wait for a standby.
#: statement_timeout ends neither.  If it commits later, the repeated receipt finds that.
ANSWER_SECONDS = 6

SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}",
    # WHY: in WAL mode, NORMAL may lose the last commits at a power failure; no receipt may be lost.
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
#: SQLite's error codes for a file or folder that cannot be written.
UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
WRITABLE = "the database file and its folder must both be writable"

# WHY: an OK to a receipt promises a durable commit, whatever the cluster's default is.  A stricter
# default (remote_apply) stays.  A statement that waited for a lock must see what the other session
# committed, so the isolation is read committed.  A page of the console takes one core of the
# database at most, and no time to compile its plan, because the node face answers beside it.
# LZ4 takes less work than PostgreSQL's own compression, and a little more of the disk.  A server
# that was built without it, or was told another method, keeps its own.
POSTGRESQL_SESSION = f"""
SELECT set_config('statement_timeout', '{STATEMENT_SECONDS}s', false),
       set_config('lock_timeout', '{LOCK_SECONDS}s', false),
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('timezone', 'UTC', false),
       set_config('max_parallel_workers_per_gather', '0', false),
       set_config('jit', 'off', false),
       set_config('synchronous_commit',
           CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' WHEN 'local' THEN 'on'
                ELSE current_setting('synchronous_commit') END, false),
       (SELECT set_config(name, 'lz4', false) FROM pg_settings
        WHERE name = 'default_toast_compression' AND source = 'default' AND 'lz4' = ANY (enumvals))
"""  # noqa: S608  # our own numbers


#: Error codes of PostgreSQL (unique_violation) and SQLite for a key that is in use.
DUPLICATE = ("23505", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE")

#: The execution options of a connection that changes nothing.
READING = {"reading": True, "postgresql_readonly": True}
#: Whether SQLite refuses writes on a connection, in the notes about it.
ONLY_READS = "only_reads"

#: The command after which a session commits without waiting for the disk.
NOT_DURABLE = {
    "postgresql": "SET synchronous_commit = off",
    "sqlite": "PRAGMA synchronous = NORMAL",
}


def make_engine(address: str, *, durable: bool = True) -> Engine:
    """Returns the engine for a SQLAlchemy URL; opens no connection yet.

    Unless it is `durable`, a power failure may lose its last commits.
    Raises UnusableDatabase if the address is neither a SQLite file nor PostgreSQL.
    """
    engine = _engine(address)

    def relax_durability(connection: Any, _record: object) -> None:
        connection.execute(NOT_DURABLE[engine.dialect.name])
        connection.commit()

    if not durable:
        event.listen(engine, "connect", relax_durability)
    return engine


def _engine(address: str) -> Engine:
    url = _url(address)
    options: dict[str, Any] = {
        # WHY: parameters are personal data, and errors are logged.
        "hide_parameters": True,
        # WHY: the number of threads limits the connections.  A thread that waited for another's
        # connection would exceed the Node's time limit.
        "max_overflow": -1,
        "json_deserializer": from_json,
    }
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, pool_pre_ping=True, connect_args=POSTGRESQL_CONNECT, **options)
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "checkin", _limit_wait)
        renew_when_stale(engine)
        return engine
    engine = create_engine(url, connect_args={"timeout": LOCK_SECONDS}, **options)
    event.listen(engine, "do_connect", create_for_owner)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "detach", _allow_writing)
    return engine


def is_duplicate(error: IntegrityError) -> bool:
    """Returns whether a row was refused because its key is in use, and for no other reason."""
    code = sqlstate(error) or getattr(error.orig, "sqlite_errorname", None)
    return code in DUPLICATE


def without_statement_timeout(connection: Connection) -> None:
    """Removes the time limit of this transaction's statements, for an operator's work."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        driver: Any = connection.connection.driver_connection
        driver.wait = partial(type(driver).wait, driver)


def from_json(text: str | bytes) -> Any:
    """Returns the value of a JSON column."""
    # WHY: most notices and transfers have no metadata; comparing costs less than parsing.
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
    # WHY: under the driver's own transaction control, the release of a savepoint that came first
    # commits.  So the driver sends no BEGIN; we do.
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
    """Sets the WAL mode, which the file keeps.  Raises UnusableDatabase if it cannot be set."""
    # WHY: at the one change of a file's mode, SQLite ignores busy_timeout and does not wait.
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
    # WHY: where the mode cannot be changed, SQLite raises no error and returns the old mode.
    if mode != ("wal",):
        raise UnusableDatabase("SQLite cannot keep a write-ahead log on this file system")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    _limit_wait(connection, _record)
    # WHY: a rollback would undo settings that were made in a transaction.
    connection.autocommit = True
    connection.execute(POSTGRESQL_SESSION)
    connection.autocommit = False


def _limit_wait(connection: Any, _record: object) -> None:
    if connection is not None:
        connection.wait = partial(_wait, connection)


def _wait(connection: Any, work: Any) -> Any:
    try:
        return type(connection).wait(connection, work, timeout=ANSWER_SECONDS)
    except OperationalError:
        # WHY: the connection is closed and no cancel is sent, because a cancelled commit that waits
        # for a standby would be reported as done.
        if connection.pgconn.transaction_status == TransactionStatus.ACTIVE:
            connection.close()
        raise


def _begin(connection: Connection) -> None:
    # WHY: behind a writer, a transaction that reads first and writes later would fail without
    # waiting.
    reading = bool(connection.get_execution_options().get("reading"))
    # WHY: a write would take the lock unnoticed.  So it fails, as it does on PostgreSQL.  After the
    # pragma SQLite prepares each statement anew, so that it is run where it changes something.
    if connection.info.get(ONLY_READS, False) != reading:
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
        connection.info[ONLY_READS] = reading
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _allow_writing(connection: Any, _record: object) -> None:
    """Prepares a connection for who takes it out of the pool for good."""
    connection.execute("PRAGMA query_only = OFF")
