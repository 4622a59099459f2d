"""A store with two organizations, a subscription of one, and a deliverer with a moving clock."""

from collections.abc import Iterator

import pytest

from gpd_soap.store.store import Store
from tests.api.office import prepare
from tests.conftest import KINDS, LendDatabase
from tests.features.webhooks.harness import Harness
from tests.features.webhooks.receiver import Receiver, answer, receiving


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, shared_database: LendDatabase) -> Store:
    """A store over each kind of database, with two organizations."""
    return shared_database(request.param, prepare).store


@pytest.fixture
def quick_store(shared_database: LendDatabase) -> Store:
    """A store over SQLite, for tests that do not depend on the kind of database."""
    return shared_database("sqlite", prepare).store


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that accepts everything."""
    with receiving(answer(204)) as started:
        yield started


@pytest.fixture
def harness(store: Store, receiver: Receiver) -> Harness:
    """A harness over each kind of database."""
    return Harness(store, receiver)


@pytest.fixture
def quick(quick_store: Store, receiver: Receiver) -> Harness:
    """A harness over SQLite alone."""
    return Harness(quick_store, receiver)
