"""A console whose operators sign in at a stand-in provider, on a new database of each kind."""

from collections.abc import Iterator

import pytest

from gpd_soap.store.store import Store
from tests.conftest import KINDS, FreshDatabase
from tests.features.oidc.bed import CLIENT, SECRET, Console
from tests.features.oidc.provider import Provider, serving
from tests.usecases.people.conftest import prepare


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Yield a provider that works."""
    made = Provider(CLIENT, SECRET, lambda: pytest.fail("the console sets the clock"))
    with serving(made):
        yield made


@pytest.fixture(params=KINDS)
def console(
    request: pytest.FixtureRequest, fresh_database: FreshDatabase, provider: Provider
) -> Iterator[Console]:
    """Yield the use cases on an empty database."""
    store = Store(fresh_database(request.param, prepare))
    yield Console(store, provider)
    store.close()


@pytest.fixture
def sqlite_console(fresh_database: FreshDatabase, provider: Provider) -> Iterator[Console]:
    """Yield the use cases on SQLite alone, for what does not depend on the database."""
    store = Store(fresh_database("sqlite", prepare))
    yield Console(store, provider)
    store.close()
