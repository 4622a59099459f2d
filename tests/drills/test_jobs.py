"""The short form of the drill of jobs; the long form is a command."""

import pytest

from tests.conftest import KINDS
from tests.drills.jobs import KILL, drill
from tests.postgres import Postgres


@pytest.mark.parametrize("kind", KINDS)
def test_jobs_survive_kills_of_any_process(kind: str, postgres: Postgres) -> None:
    """Each job that was begun is done, and each of its steps once."""
    report = drill(postgres if kind == "postgresql" else None, 20)

    assert report.broken == []
    assert report.blows[KILL] > 0
    assert report.continued > 0
