"""Back offices to test: two organizations, a clock that a test moves, keys of every role."""

from collections.abc import Iterator

import pytest
from werkzeug.test import Client

from gpd_soap.store.store import Store
from tests.api import conformance
from tests.api.office import SIZE, Admin, BackOffice, Clock, prepare
from tests.conftest import KINDS, FreshDatabase
from tests.store.races import Crew


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    """Processes for races, started once for all tests."""
    with Crew(SIZE) as started:
        yield started


@pytest.fixture(params=KINDS)
def admin_url(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> str:
    """URL of a database of each kind that has two organizations and no position."""
    return fresh_database(request.param, prepare)


@pytest.fixture
def store(admin_url: str) -> Iterator[Store]:
    """A store over that database, closed after the test."""
    opened = Store(admin_url)
    yield opened
    opened.close()


@pytest.fixture
def office(store: Store) -> BackOffice:
    """A back office over each kind of database."""
    return BackOffice(store, Clock())


@pytest.fixture
def quick_store(fresh_database: FreshDatabase) -> Iterator[Store]:
    """A store over SQLite, for tests that do not depend on the kind of database."""
    opened = Store(fresh_database("sqlite", prepare))
    yield opened
    opened.close()


@pytest.fixture
def quick(quick_store: Store) -> BackOffice:
    """A back office over SQLite alone."""
    return BackOffice(quick_store, Clock())


@pytest.fixture
def admin(store: Store) -> Admin:
    """An administrator of every organization, over each kind of database."""
    return Admin(store)


@pytest.fixture
def quick_admin(quick_store: Store) -> Admin:
    """An administrator of every organization, over SQLite alone."""
    return Admin(quick_store)


@pytest.fixture
def elsewhere(admin_url: str) -> Iterator[Store]:
    """A second store over the same database, as another process opens it."""
    opened = Store(admin_url)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def described_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer in JSON that a test receives is as the OpenAPI document describes it."""
    monkeypatch.setattr(Client, "open", conformance.checked(Client.open))
