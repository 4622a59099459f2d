"""A store with two organizations, a subscription of one, and a deliverer with a moving clock."""

import pytest

from gpd_soap.store.store import Store
from tests.api.office import prepare
from tests.conftest import KINDS, LendDatabase


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, shared_database: LendDatabase) -> Store:
    """A store over each kind of database, with two organizations."""
    return shared_database(request.param, prepare).store


@pytest.fixture
def quick_store(shared_database: LendDatabase) -> Store:
    """A store over SQLite, for tests that do not depend on the kind of database."""
    return shared_database("sqlite", prepare).store
