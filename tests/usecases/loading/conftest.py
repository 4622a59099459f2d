"""A store, and a function that loads positions into it."""

from collections.abc import Iterator

import pytest

from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from tests.usecases.loading.samples import CONFIGURATION, MINUTE, NOW, Ended, Load, load_document


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store."""
    empty = Store(database_url)
    migrate.upgrade(empty.engine)
    yield empty
    empty.close()


@pytest.fixture
def loaded(store: Store) -> Load:
    """Return a function that loads positions with their configuration, a minute later each time."""
    runs = iter(range(100))

    def run(*positions: object, **options: bool) -> Ended:
        content = {**CONFIGURATION, "positions": positions}
        return load_document(store, content, NOW + next(runs) * MINUTE, **options)

    return run
