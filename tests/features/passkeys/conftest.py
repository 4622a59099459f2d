"""A console with passkeys, on a new database of each kind."""

from collections.abc import Iterator

import pytest

from gpd_soap.store.store import Store
from tests.conftest import KINDS, FreshDatabase
from tests.features.passkeys.authenticator import Device
from tests.features.passkeys.bed import ORIGIN, Console
from tests.usecases.people.conftest import prepare


@pytest.fixture(params=KINDS)
def console(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> Iterator[Console]:
    """Yield the use cases on an empty database."""
    store = Store(fresh_database(request.param, prepare))
    yield Console(store)
    store.close()


@pytest.fixture
def device() -> Device:
    """Return a device at a page of the console."""
    return Device(ORIGIN)
