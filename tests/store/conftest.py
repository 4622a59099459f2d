"""Stores to test on, and the processes of a race."""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests.conftest import KINDS, Databases, FreshDatabase
from tests.store.races import Crew
from tests.store.samples import prepare

CONFIGURATION = {"organization", "broker", "station", "organization_station"}


@pytest.fixture(scope="session", params=KINDS)
def prepared_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """Returns a database with every table and our configuration, once for each kind."""
    # WHY: `store` empties it in a tenth of the time that a new database takes.
    return databases.make(request.param, prepare)[1]


@pytest.fixture
def store(prepared_url: str) -> Iterator[Store]:
    """Yields a store without positions, and empties and closes it after the test."""
    opened = Store(prepared_url)
    yield opened
    with opened.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if table.name not in CONFIGURATION:
                connection.execute(delete(table))
    opened.close()


@pytest.fixture
def postgresql_url(fresh_database: FreshDatabase) -> str:
    """Returns a new PostgreSQL database like `prepared_url`."""
    return fresh_database("postgresql", prepare)


@pytest.fixture
def on_postgresql(postgresql_url: str) -> Iterator[Store]:
    """Yields a store on a new PostgreSQL database."""
    opened = Store(postgresql_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    """Yields eight processes, started once."""
    with Crew(8) as started:
        yield started
