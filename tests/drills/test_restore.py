"""The restore drill of README's section Backup, in each run of the tests."""

from pathlib import Path

from tests.drills.restore import drill
from tests.postgres import Postgres


def test_restore_to_the_instant_before_a_mistake_has_every_receipt(tmp_path: Path) -> None:
    """The restored database has every acknowledged receipt."""
    with Postgres(fsync=True) as server:
        outcome = drill(server, tmp_path)

    assert len(outcome.acknowledged) > 10
    assert outcome.after_mistake == set()
    assert outcome.acknowledged <= outcome.restored
