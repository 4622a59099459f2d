"""One database for many tests of a process; its rows are put back after each test.

A new database and its store take a tenth of a second, which is more than most tests need.  A test
that changes rows leaves them to the next test as they were prepared.
"""

from contextlib import suppress
from typing import Any

from psycopg.errors import DeadlockDetected
from sqlalchemy import Connection, Table, create_engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import Wsgi
from tests import world

TABLES: list[Table] = list(tables.metadata.tables.values())

#: Queries for a number that changes with each write of another connection.
VERSION = {
    "sqlite": "PRAGMA data_version",
    "postgresql": "SELECT pg_snapshot_xmax(pg_current_snapshot())::text",
}
#: Queries for what defines the tables, without the months that the program adds to some.
DEFINITIONS = {
    "sqlite": "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name",
    "postgresql": """
        SELECT concat_ws(' ', relname, relchecks, relnatts, count(pg_trigger.oid)) FROM pg_class
        LEFT JOIN pg_trigger ON tgrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace AND NOT relispartition
        GROUP BY pg_class.oid ORDER BY 1
    """,
}
#: Statements after which a connection accepts rows in any order of tables.
WITHOUT_FOREIGN_KEYS = {
    "sqlite": "PRAGMA foreign_keys = OFF",
    "postgresql": "SET session_replication_role = replica",
}
#: Every row of a table in the order of its key, for SQLite, by the table's name.
ROWS_IN_ORDER = {
    each.name: f"SELECT * FROM {each.name} ORDER BY {', '.join(each.primary_key.columns.keys())}"  # noqa: S608  # names of our tables
    for each in TABLES
}
#: Number and sum of the hashes of each table's rows, in one statement.
ROWS_AS_NUMBERS = " UNION ALL ".join(
    f"SELECT '{each.name}', count(*), sum(hashtextextended(row::text, 0)) FROM {each.name} AS row"  # noqa: S608  # names of our tables
    for each in TABLES
)


class SharedDatabase:
    """A store of a prepared database, and the rows that belong in it."""

    def __init__(self, url: str) -> None:
        self.url, self.store = url, Store(url)
        # WHY: SQLite counts the writes of other connections alone, so this one never writes.
        self._engine = create_engine(url, poolclass=StaticPool, isolation_level="AUTOCOMMIT")
        self._kind = self._engine.dialect.name
        with self._engine.connect() as connection:
            self._rows = {table: rows_of(connection, table) for table in TABLES}
            self._contents = self._contents_of(connection)
            self._version = self._version_of(connection)
            self._definitions = self._definitions_of(connection)

    def changed(self) -> set[str]:
        """Return the names of the tables whose rows are not the world's."""
        with self._engine.connect() as connection:
            if self._version_of(connection) == self._version:
                return set()
            return {table.name for table in self._differences(connection)}

    def reset(self) -> None:
        """Put every row back, if anything was written.

        Raises AssertionError if a test has changed a table, which needs a database of its own.
        """
        self.store.journal.flush()
        self.store.access_trail.flush()
        with self._engine.connect() as connection:
            if self._version_of(connection) == self._version:
                return
            assert self._definitions_of(connection) == self._definitions
            connection.exec_driver_sql(WITHOUT_FOREIGN_KEYS[self._kind])
            for table in self._differences(connection):
                connection.execute(table.delete())
                self._put_back(connection, table)
            self._version = self._version_of(connection)

    def revive(self) -> None:
        """Connect again if a test has stopped the server meanwhile."""
        try:
            with self._engine.connect() as connection:
                self._version_of(connection)
        except OperationalError:
            self.store.close()
            self._engine.dispose()

    def close(self) -> None:
        """Close every connection."""
        self.store.close()
        self._engine.dispose()

    def _put_back(self, connection: Connection, table: Table) -> None:
        """Insert the rows of an empty table."""
        if not self._rows[table]:
            return
        if self._kind == "postgresql":
            connection.execute(table.insert(), self._rows[table])
            return
        # WHY: JSON that the program's SQL writes is spelt otherwise than SQLAlchemy's.
        raw = self._contents[table.name]
        marks = ", ".join("?" * len(raw[0]))
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", raw)  # noqa: S608  # names of our tables

    def _version_of(self, connection: Connection) -> Any:
        return connection.exec_driver_sql(VERSION[self._kind]).scalar_one()

    def _definitions_of(self, connection: Connection) -> Any:
        return connection.exec_driver_sql(DEFINITIONS[self._kind]).scalars().all()

    def _differences(self, connection: Connection) -> list[Table]:
        contents = self._contents_of(connection)
        # WHY: a row that was put back may hold the same JSON in other words.
        return [
            table
            for table in TABLES
            if contents[table.name] != self._contents[table.name]
            and rows_of(connection, table) != self._rows[table]
        ]

    def _contents_of(self, connection: Connection) -> dict[str, Any]:
        """Return for each table what differs where its rows differ, as the driver reads it."""
        # WHY: the driver reads all tables in a tenth of the time that SQLAlchemy's rows take.
        cursor = connection.connection.cursor()
        try:
            if self._kind == "postgresql":
                # WHY: a server that still runs may be adding a month, which locks tables as well.
                with suppress(DeadlockDetected):
                    cursor.execute(ROWS_AS_NUMBERS)
                    return {name: more for name, *more in cursor.fetchall()}
                cursor.execute(ROWS_AS_NUMBERS)
                return {name: more for name, *more in cursor.fetchall()}
            return {name: cursor.execute(each).fetchall() for name, each in ROWS_IN_ORDER.items()}
        finally:
            cursor.close()


class SharedWorld(SharedDatabase):
    """The shared database of `world.prepare`, with its node faces."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._faces: dict[str, Wsgi] = {}

    def face(self, **settings: object) -> Wsgi:
        """Return the node face with these settings, built once."""
        key = repr(sorted(settings.items()))
        if key not in self._faces:
            self._faces[key] = world.face(self.store, **settings)
        return self._faces[key]


def rows_of(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """Return every row of a table, in the order of its key."""
    rows = connection.execute(select(table).order_by(*table.primary_key)).mappings()
    return [dict(row) for row in rows]
