"""People on a new database of each kind."""

from collections.abc import Iterator

import pytest

from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from tests.conftest import KINDS, FreshDatabase
from tests.usecases.people.people import People


def prepare(url: str) -> None:
    """Make the tables."""
    store = Store(url)
    migrate.upgrade(store.engine)
    store.close()


@pytest.fixture(params=KINDS)
def people(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[People]:
    """Yield the use cases on an empty database."""
    store = Store(fresh_database(request.param, prepare))
    yield People(store)
    store.close()
