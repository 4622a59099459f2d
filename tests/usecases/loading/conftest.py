"""A store, and a function that loads positions into it."""

import pytest

from gpd_soap.store.store import Store
from tests.conftest import KINDS, LendDatabase, migrated
from tests.usecases.loading.samples import CONFIGURATION, MINUTE, NOW, Ended, Load, load_document


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, shared_database: LendDatabase) -> Store:
    """An empty store."""
    return shared_database(request.param, migrated).store


@pytest.fixture
def loaded(store: Store) -> Load:
    """Return a function that loads positions with their configuration, a minute later each time."""
    runs = iter(range(100))

    def run(*positions: object, **options: bool) -> Ended:
        content = {**CONFIGURATION, "positions": positions}
        return load_document(store, content, NOW + next(runs) * MINUTE, **options)

    return run
