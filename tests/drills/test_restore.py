"""The drill of README's section Backup, as often as the tests run."""

from pathlib import Path

from tests.drills.restore import drill
from tests.postgres import Postgres


def test_a_mistake_is_undone_and_no_receipt_is_missing(tmp_path: Path) -> None:
    """The database comes back as it was an instant before, every acknowledged receipt in it."""
    with Postgres(fsync=True) as server:
        outcome = drill(server, tmp_path)

    assert len(outcome.acknowledged) > 10
    assert outcome.after_mistake == set()
    assert outcome.acknowledged <= outcome.restored
