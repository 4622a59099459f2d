"""The short form of the crash drill; the long form is a command (README, "Drills")."""

import pytest

from tests.conftest import KINDS
from tests.drills.crash import Size, drill


@pytest.mark.parametrize("database", KINDS)
def test_nothing_is_lost_whatever_is_killed(database: str) -> None:
    """Ten kills over four hundred receipts: each is kept once with its effect, none refused."""
    report = drill(Size(receipts=400, kills=10, seed=1, database=database))

    assert report.broken == []
    assert report.receipts >= 400
    assert sum(report.kills.values()) == 10
    assert report.again > 0
