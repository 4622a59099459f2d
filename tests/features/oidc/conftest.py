"""A console whose operators sign in at a stand-in provider, on a shared database of each kind."""

from collections.abc import Iterator

import pytest

from tests.conftest import KINDS, LendDatabase
from tests.features.oidc.harness import CLIENT, SECRET, Console
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
    request: pytest.FixtureRequest, shared_database: LendDatabase, provider: Provider
) -> Console:
    """Return the use cases on an empty database."""
    return Console(shared_database(request.param, prepare).store, provider)


@pytest.fixture
def sqlite_console(shared_database: LendDatabase, provider: Provider) -> Console:
    """Return the use cases on SQLite alone, for what does not depend on the database."""
    return Console(shared_database("sqlite", prepare).store, provider)
