"""People on a database of each kind that other tests use too."""

import pytest

from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from tests.conftest import KINDS, LendDatabase
from tests.usecases.people.people import ORGANIZATION, OTHER, People


def prepare(url: str) -> None:
    """Make the tables, and register the organizations of the operators."""
    store = Store(url)
    migrate.upgrade(store.engine)
    with store.begin() as connection:
        for code in (ORGANIZATION, OTHER):
            configuration.put_organization(connection, code, "Comune di Esempio")
    store.close()


@pytest.fixture(params=KINDS)
def people(request: pytest.FixtureRequest, shared_database: LendDatabase) -> People:
    """Return the use cases on a database without operators."""
    return People(shared_database(request.param, prepare).store)
