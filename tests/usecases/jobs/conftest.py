"""A database of each kind, and the jobs on it."""

import pytest

from tests.conftest import KINDS, LendDatabase
from tests.store.samples import prepare
from tests.usecases.jobs.bed import Bed


@pytest.fixture(params=KINDS)
def bed(request: pytest.FixtureRequest, shared_database: LendDatabase) -> Bed:
    """Return jobs on a database without positions, with a clock that the test moves."""
    return Bed(shared_database(request.param, prepare).store)
