"""Waiting so long and no longer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from gpd_soap.monitoring.deadline import Within

SHORT = 0.2
#: LIMIT: seconds after which it hangs, however loaded the machine is.
SOON = 60.0


def test_what_is_done_in_time_is_given() -> None:
    """As often as it is asked for, by several at once too."""
    within = Within(SOON)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda at: within(lambda: at), range(50))) == list(range(50))


def test_what_goes_wrong_is_raised_where_it_was_asked_for() -> None:
    """And the next is done."""
    within = Within(SOON)

    def wrong() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        within(wrong)
    assert within(lambda: 1) == 1


def test_what_hangs_costs_its_time_and_one_thread() -> None:
    """While it hangs nothing else is begun; when it ends, the next is done."""
    within, released, begun = Within(SHORT), threading.Event(), threading.active_count()
    for _ in range(3):
        at = monotonic()
        with pytest.raises(TimeoutError):
            within(released.wait)
        assert SHORT <= monotonic() - at < SOON
    assert threading.active_count() == begun + 1

    released.set()
    deadline = monotonic() + SOON
    while threading.active_count() > begun and monotonic() < deadline:
        pass
    assert within(lambda: 1) == 1
