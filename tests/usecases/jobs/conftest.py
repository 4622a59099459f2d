"""A database of each kind, and the jobs on it."""

import pytest

from tests.conftest import KINDS, LendDatabase
from tests.store.samples import prepare
from tests.usecases.jobs.harness import Harness


@pytest.fixture(params=KINDS)
def harness(request: pytest.FixtureRequest, shared_database: LendDatabase) -> Harness:
    """Return jobs on a database without positions, with a clock that the test moves."""
    return Harness(shared_database(request.param, prepare).store)
