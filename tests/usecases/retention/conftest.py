"""A store of each kind of database, for runs of retention."""

from collections.abc import Iterator

import pytest

from gpd_soap.store.store import Store
from tests.conftest import KINDS, FreshDatabase
from tests.store import samples


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Store]:
    """Yields a store of each kind of database, without positions."""
    made = Store(fresh_database(request.param, samples.prepare))
    yield made
    made.close()
