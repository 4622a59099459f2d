"""`gpd-soap receipts claim` and `release`: who has a case, on the command line."""

import pytest

from tests.cli.test_receipts import OURS, database, run

__all__ = ["database"]
ANNA, LUCA = ("--by", "Anna Inventata"), ("--by", "Luca Inventato")


@pytest.mark.usefixtures("database")
def test_case_is_claimed_shown_and_given_back() -> None:
    """Another person is refused meanwhile, on one line."""
    claimed = run("claim", "r-90", *OURS, *ANNA)
    assert claimed.exit_code == 0, claimed.output
    assert "claimed.by: Anna Inventata\n" in claimed.stdout
    assert "(claimed by Anna Inventata)" in run("worklist", *OURS).stdout
    assert "claimed.until: " in run("show", "r-90", *OURS).stdout

    for command in (("claim",), ("release",), ("resolve", "--note", "x"), ("rematch",)):
        refused = run(command[0], "r-90", *OURS, *LUCA, *command[1:])
        assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
        assert "Somebody else has it" in refused.stderr

    assert "claimed" not in run("release", "r-90", *OURS, *ANNA).stdout
    assert run("claim", "r-90", *OURS, *LUCA).exit_code == 0
