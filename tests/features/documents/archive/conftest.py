"""A back office with a typesetter, which is made once for all tests."""

from collections.abc import Iterator

import pytest

from gpd_soap.features.documents.typesetting import Typesetter
from gpd_soap.settings import Settings
from tests.api.office import SIZE, prepare
from tests.conftest import KINDS, LendDatabase
from tests.features.documents.archive import buckets
from tests.features.documents.archive.harness import Harness
from tests.shared_world import SharedDatabase
from tests.store.races import Crew


@pytest.fixture(scope="session")
def typesetter() -> Typesetter:
    """Return the typesetter."""
    return Typesetter()


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    """Yield processes for races, started once."""
    with Crew(SIZE) as started:
        yield started


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, shared_database: LendDatabase) -> SharedDatabase:
    """Return a database of each kind that has two organizations and no position."""
    return shared_database(request.param, prepare)


@pytest.fixture
def harness(database: SharedDatabase, typesetter: Typesetter) -> Harness:
    """Return a back office with one published position, over each kind of database."""
    return Harness(database.store, typesetter)


@pytest.fixture
def quick(shared_database: LendDatabase, typesetter: Typesetter) -> Harness:
    """Return a back office with one published position, over SQLite alone."""
    return Harness(shared_database("sqlite", prepare).store, typesetter)


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """Yield the address of a server with the S3 API."""
    with buckets.serving() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str) -> Settings:
    """Return settings with a new bucket."""
    return buckets.new_bucket(endpoint)
