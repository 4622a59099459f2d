"""A resource runs out: every answer is one that the contract allows, and service returns."""

import pytest

from tests.drills.exhaustion import TROUBLES, drill


@pytest.mark.parametrize("trouble", TROUBLES)
def test_receipt_is_stored_once_whatever_runs_out(trouble: str) -> None:
    """Each receipt is answered OK in the end, and no question gets a wrong answer."""
    report = drill(trouble, receipts=40)

    assert report.broken == []
    assert report.receipts >= 40
    # WHY: a trouble without any repetition proves nothing; clients that send slowly or not at all
    # hold no thread, and cost nobody an answer.
    assert trouble in ("idle", "dripping") or report.again > 0
