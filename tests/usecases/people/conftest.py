"""People on a database of each kind that other tests use too."""

import pytest

from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from tests.conftest import KINDS, LendDatabase
from tests.usecases.people.people import People


def prepare(url: str) -> None:
    """Make the tables."""
    store = Store(url)
    migrate.upgrade(store.engine)
    store.close()


@pytest.fixture(params=KINDS)
def people(request: pytest.FixtureRequest, shared_database: LendDatabase) -> People:
    """Return the use cases on an empty database."""
    return People(shared_database(request.param, prepare).store)
