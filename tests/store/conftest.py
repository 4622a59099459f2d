"""Stores to test on, and the processes of a race."""

from collections.abc import Iterator

import pytest

from gpd_soap.store.store import Store
from tests.conftest import KINDS, FreshDatabase, LendDatabase
from tests.shared_world import SharedDatabase
from tests.store.races import Crew
from tests.store.samples import prepare


@pytest.fixture(params=KINDS)
def prepared(request: pytest.FixtureRequest, shared_database: LendDatabase) -> SharedDatabase:
    """Returns a database with every table and our configuration, once for each kind."""
    return shared_database(request.param, prepare)


@pytest.fixture
def prepared_url(prepared: SharedDatabase) -> str:
    """Returns the address of that database."""
    return prepared.url


@pytest.fixture
def store(prepared: SharedDatabase) -> Store:
    """Returns the store of that database, without positions, which other tests use too."""
    return prepared.store


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
