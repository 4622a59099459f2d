"""A store with two organizations, a subscription of one, and a deliverer with a moving clock."""

from collections.abc import Iterator

import pytest

from gpd_soap.store.store import Store
from tests.api.office import prepare
from tests.conftest import KINDS, FreshDatabase


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Store]:
    """A store over each kind of database, with two organizations."""
    opened = Store(fresh_database(request.param, prepare))
    yield opened
    opened.close()


@pytest.fixture
def quick_store(fresh_database: FreshDatabase) -> Iterator[Store]:
    """A store over SQLite, for tests that do not depend on the kind of database."""
    opened = Store(fresh_database("sqlite", prepare))
    yield opened
    opened.close()
