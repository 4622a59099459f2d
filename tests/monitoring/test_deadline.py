"""A time limit for work that may hang."""

import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from gpd_soap.monitoring.deadline import Within

SHORT = 0.2
#: LIMIT: seconds; longer than any work here takes on a loaded machine.
SOON = 60.0


def test_work_done_in_time_returns_its_result() -> None:
    """Several threads may ask at once."""
    within = Within(SOON)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: within(lambda: number), range(50))) == list(range(50))


def test_work_that_fails_raises_in_the_caller() -> None:
    """The next work is done."""
    within = Within(SOON)

    def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        within(fail)
    assert within(lambda: 1) == 1


def test_work_that_hangs_times_out_and_costs_one_thread() -> None:
    """While it hangs no other work is begun, and after its end the next is done."""
    within, released, begun = Within(SHORT), threading.Event(), threading.active_count()
    for _ in range(3):
        start = monotonic()
        with pytest.raises(TimeoutError):
            within(released.wait)
        assert SHORT <= monotonic() - start < SOON
    assert threading.active_count() == begun + 1

    released.set()
    deadline = monotonic() + SOON
    while threading.active_count() > begun and monotonic() < deadline:
        pass
    assert within(lambda: 1) == 1
