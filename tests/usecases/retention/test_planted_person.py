"""No table, file or figure of the database shows a person after a run."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from gpd_soap.settings import Settings
from gpd_soap.store.store import Store
from gpd_soap.usecases.retention.keep import By, Cleaned, keep
from tests.conftest import KINDS, FreshDatabase
from tests.store.samples import ACTOR, NOW, prepare
from tests.usecases.retention.planting import PERSON, plant, remaining, with_person

LONG_AGO = datetime.fromisoformat("2012-03-01T08:00:00+00:00")


@pytest.mark.parametrize("kind", KINDS)
def test_planted_person_is_nowhere_after_a_run(kind: str, fresh_database: FreshDatabase):
    """Every table and column of the metadata is planted, or named as one without persons."""
    with closing(Store(fresh_database(kind, prepare))) as store:
        with store.begin() as connection:
            plant(connection, LONG_AGO)
        with store.reading() as connection:
            planted = remaining(connection)
        assert planted == sorted(f"{each.table.name}.{each.name}" for each in with_person())

        steps = list(keep(store, Settings(), NOW, By(ACTOR)))

        with store.reading() as connection:
            assert remaining(connection) == []
        assert steps[-1] == Cleaned(done=True)


def test_sqlite_files_have_no_byte_of_a_person_after_a_run(fresh_database: FreshDatabase):
    """Free pages and the write-ahead log keep what was deleted, until they are written anew."""
    url = fresh_database("sqlite", prepare)
    with closing(Store(url)) as store, closing(Store(url)) as server:
        with server.reading() as connection:
            connection.execute(text("SELECT count(*) FROM position")).scalar_one()
        with store.begin() as connection:
            plant(connection, LONG_AGO)
        file = Path(store.engine.url.database or "")
        leave_free_pages(file)
        assert in_files(file)

        list(keep(store, Settings(), NOW, By(ACTOR)))

        assert not in_files(file)
        with store.begin() as connection:
            connection.execute(text("UPDATE organization SET name = 'Comune'"))
        assert not in_files(file)


def leave_free_pages(file: Path) -> None:
    """Deletes a person's rows as an older version did: the pages stay as they were."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE older (text)")
        connection.executemany("INSERT INTO older VALUES (?)", [(PERSON * 100,)] * 100)
        connection.execute("DROP TABLE older")


def in_files(file: Path) -> bool:
    """Returns whether the database's file, or one beside it, has the person's bytes."""
    return any(PERSON.encode() in each.read_bytes() for each in file.parent.glob(f"{file.name}*"))


def test_run_that_cannot_clean_the_file_says_so(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
):
    """A reader keeps the old pages alive; rows are forgotten all the same."""
    monkeypatch.setattr("gpd_soap.store.database.sqlite_file.REWRITE_SECONDS", 0.1)
    with closing(Store(fresh_database("sqlite", prepare))) as store:
        with store.begin() as connection:
            plant(connection, LONG_AGO)
        reader = Store(str(store.engine.url))
        with closing(reader), reader.reading() as connection:
            connection.execute(text("SELECT count(*) FROM position")).scalar_one()
            steps = list(keep(store, Settings(), NOW, By(ACTOR)))

        assert steps[-1] == Cleaned(done=False)
        with store.reading() as connection:
            assert remaining(connection) == []


def test_statistics_of_postgresql_have_no_person_after_a_run(fresh_database: FreshDatabase):
    """The server copies frequent values of columns for its plans."""
    with closing(Store(fresh_database("postgresql", prepare))) as store:
        with store.begin() as connection:
            plant(connection, LONG_AGO)
            connection.execute(text("ANALYZE position, payment_option, transfer, receipt"))
        with store.reading() as connection:
            assert in_statistics(connection)

        list(keep(store, Settings(), NOW, By(ACTOR)))

        with store.reading() as connection:
            assert in_statistics(connection) == []


def in_statistics(connection: Connection) -> list[str]:
    """Returns the columns of which the statistics have the person."""
    rows = connection.execute(
        text(
            "SELECT tablename || '.' || attname FROM pg_stats WHERE schemaname = 'public'"
            " AND (most_common_vals::text LIKE :person OR histogram_bounds::text LIKE :person)"
        ),
        {"person": f"%{PERSON}%"},
    )
    return list(rows.scalars())
