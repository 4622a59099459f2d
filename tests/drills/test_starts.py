"""The short form of the drill of starts; the long form is a command."""

from tests.drills.starts import drill
from tests.postgres import Postgres


def test_workers_that_start_under_load_answer_every_request(postgres: Postgres) -> None:
    """No worker is ended by a signal, none loops, and no request is refused."""
    report = drill(postgres, 24)

    assert report.broken == []
    assert report.starts >= 24
    assert report.answers > 0
