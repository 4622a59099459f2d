"""The short form of the crash drill; the long form is a command (README, "Drills")."""

import pytest

from tests.conftest import KINDS
from tests.drills.blows import WEIGHTS
from tests.drills.crash import UPDATES, Size, drill

KILLED = ("worker", "master", "database")
#: The blows that end no request under way.
OTHERS = tuple(sorted({*WEIGHTS} - {*KILLED}))


@pytest.mark.parametrize("database", KINDS)
def test_receipts_survive_kills_of_any_process(database: str) -> None:
    """Each of two hundred and forty receipts is stored once, with an effect of a serial order."""
    blows = (*KILLED, UPDATES)
    report = drill(Size(receipts=240, kills=6, updates=40, seed=1, database=database, blows=blows))

    assert report.broken == []
    assert report.receipts >= 240
    assert sum(report.kills.values()) == 6
    assert report.kills.keys() == {*KILLED}
    assert report.again > 0
    assert report.updates["all"]["met"] > 0


def test_question_is_answered_during_blows_that_kill_nothing() -> None:
    """Strangers, lists, reloads, stopped workers and orphans leave most questions answered OK."""
    size = Size(receipts=100, kills=len(OTHERS), seed=1, database="sqlite", blows=OTHERS)

    report = drill(size)

    assert report.broken == []
    assert report.kills == dict.fromkeys(OTHERS, 1)
    assert all(report.ends[blow]["OK"] > 0 for blow in OTHERS)
