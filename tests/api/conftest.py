"""A back office: two organizations, a clock that a test may turn, keys of every kind."""

from collections.abc import Iterator

import pytest
from werkzeug.test import Client

from gpd_soap.store.store import Store
from tests.api import conformance
from tests.api.office import SIZE, Admin, Clock, Office, prepare
from tests.conftest import KINDS, FreshDatabase
from tests.store.races import Crew


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    """A few processes, started once."""
    with Crew(SIZE) as started:
        yield started


@pytest.fixture(params=KINDS)
def admin_url(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> str:
    """A database with two organizations and nothing else, for each kind."""
    return fresh_database(request.param, prepare)


@pytest.fixture
def store(admin_url: str) -> Iterator[Store]:
    """A store, closed after the test."""
    opened = Store(admin_url)
    yield opened
    opened.close()


@pytest.fixture
def office(store: Store) -> Office:
    """The admin face over both kinds of database."""
    return Office(store, Clock())


@pytest.fixture
def quick_store(fresh_database: FreshDatabase) -> Iterator[Store]:
    """A store on SQLite alone, for what no database decides."""
    opened = Store(fresh_database("sqlite", prepare))
    yield opened
    opened.close()


@pytest.fixture
def quick(quick_store: Store) -> Office:
    """The admin face over SQLite alone."""
    return Office(quick_store, Clock())


@pytest.fixture
def admin(store: Store) -> Admin:
    """An administrator of everything, over both kinds of database."""
    return Admin(store)


@pytest.fixture
def quick_admin(quick_store: Store) -> Admin:
    """The same over SQLite alone."""
    return Admin(quick_store)


@pytest.fixture
def elsewhere(admin_url: str) -> Iterator[Store]:
    """Another process's store of the same database."""
    opened = Store(admin_url)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def described_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer in JSON that a test receives is as the OpenAPI document describes it."""
    monkeypatch.setattr(Client, "open", conformance.checked(Client.open))
