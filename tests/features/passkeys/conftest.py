"""A console with passkeys, on a database of each kind that other tests use too."""

import pytest

from tests.conftest import KINDS, LendDatabase
from tests.features.passkeys.authenticator import Device
from tests.features.passkeys.harness import ORIGIN, Console
from tests.usecases.people.conftest import prepare


@pytest.fixture(params=KINDS)
def console(request: pytest.FixtureRequest, shared_database: LendDatabase) -> Console:
    """Return the use cases on an empty database."""
    return Console(shared_database(request.param, prepare).store)


@pytest.fixture
def device() -> Device:
    """Return a device at a page of the console."""
    return Device(ORIGIN)
