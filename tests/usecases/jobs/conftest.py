"""A database of each kind, and the jobs on it."""

from collections.abc import Iterator

import pytest

from gpd_soap.store.store import Store
from tests.conftest import KINDS, FreshDatabase
from tests.store.samples import prepare
from tests.usecases.jobs.bed import Bed


@pytest.fixture(params=KINDS)
def bed(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Bed]:
    """Yield jobs on a database without positions, with a clock that the test moves."""
    store = Store(fresh_database(request.param, prepare))
    yield Bed(store)
    store.close()
