"""Back offices to test: two organizations, a clock that a test moves, keys of every role."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from werkzeug.test import Client

from gpd_soap.store.store import Store
from tests.api import conformance
from tests.api.office import SIZE, Admin, BackOffice, Clock, Face, prepare
from tests.conftest import KINDS, LendDatabase
from tests.shared_world import SharedDatabase
from tests.store.races import Crew

FaceOf = Callable[[Store], Face]


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    """Processes for races, started once for all tests."""
    with Crew(SIZE) as started:
        yield started


@pytest.fixture(params=KINDS)
def admin_database(request: pytest.FixtureRequest, shared_database: LendDatabase) -> SharedDatabase:
    """A database of each kind that has two organizations and no position."""
    return shared_database(request.param, prepare)


@pytest.fixture
def admin_url(admin_database: SharedDatabase) -> str:
    """URL of that database."""
    return admin_database.url


@pytest.fixture
def store(admin_database: SharedDatabase) -> Store:
    """The store over that database, which other tests use too."""
    return admin_database.store


@pytest.fixture(scope="session")
def face_of() -> FaceOf:
    """Return the admin face over a shared store, built once."""
    # WHY: it takes a fifth of a second to build, ten times as long as most of its answers.
    return cache(Face)


@pytest.fixture
def office(store: Store, face_of: FaceOf) -> BackOffice:
    """A back office over each kind of database."""
    return BackOffice(store, Clock(), face=face_of(store))


@pytest.fixture
def quick_store(shared_database: LendDatabase) -> Store:
    """A store over SQLite, for tests that do not depend on the kind of database."""
    return shared_database("sqlite", prepare).store


@pytest.fixture
def quick(quick_store: Store, face_of: FaceOf) -> BackOffice:
    """A back office over SQLite alone."""
    return BackOffice(quick_store, Clock(), face=face_of(quick_store))


@pytest.fixture
def admin(store: Store, face_of: FaceOf) -> Admin:
    """An administrator of every organization, over each kind of database."""
    return Admin(store, face=face_of(store))


@pytest.fixture
def quick_admin(quick_store: Store, face_of: FaceOf) -> Admin:
    """An administrator of every organization, over SQLite alone."""
    return Admin(quick_store, face=face_of(quick_store))


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
