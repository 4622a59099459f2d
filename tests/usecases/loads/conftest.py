"""The loads of an organization, and the workers that do their jobs."""

from collections.abc import Iterator

import pytest

from gpd_soap.store.store import Store
from tests.conftest import KINDS, FreshDatabase
from tests.store.samples import prepare
from tests.usecases.loads.bed import LoadBed


@pytest.fixture(params=KINDS)
def bed(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[LoadBed]:
    """Yield the loads of a database without positions."""
    store = Store(fresh_database(request.param, prepare))
    yield LoadBed(store)
    store.close()


@pytest.fixture
def quick(fresh_database: FreshDatabase) -> Iterator[LoadBed]:
    """Yield the same on SQLite, for what does not depend on the database."""
    store = Store(fresh_database("sqlite", prepare))
    yield LoadBed(store)
    store.close()
