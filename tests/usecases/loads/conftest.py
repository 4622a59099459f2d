"""The loads of an organization, and the workers that do their jobs."""

from collections.abc import Iterator

import pytest

from gpd_soap.store.store import Store
from tests.conftest import KINDS, FreshDatabase
from tests.store.samples import prepare
from tests.usecases.loads.harness import LoadHarness


@pytest.fixture(params=KINDS)
def harness(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[LoadHarness]:
    """Yield the loads of a database without positions."""
    store = Store(fresh_database(request.param, prepare))
    yield LoadHarness(store)
    store.close()


@pytest.fixture
def quick(fresh_database: FreshDatabase) -> Iterator[LoadHarness]:
    """Yield the same on SQLite, for what does not depend on the database."""
    store = Store(fresh_database("sqlite", prepare))
    yield LoadHarness(store)
    store.close()
