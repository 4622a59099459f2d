"""A process that stops leaves the rest of its deliveries to another one."""

import itertools
import threading

from gpd_soap.store.store import Store
from tests.features.webhooks.harness import Harness, by
from tests.features.webhooks.receiver import Behave, Received, answer, receiving
from tests.waiting import HANGS

EVENTS = 20
#: The request during which the process is stopped.
LAST = 3


def test_stop_ends_after_the_request_that_is_under_way(quick_store: Store):
    """Nothing is lost, and nothing that was sent is sent again."""
    stopped, requests = threading.Event(), itertools.count(1)

    def stop_during_the_last(_received: Received) -> Behave:
        if next(requests) == LAST:
            stopped.set()
            # WHY: the answer comes once the sender knows, so that no request follows it.
            assert quick.deliverer._tools.stopped.wait(HANGS)
        return answer(204)

    with receiving(by(stop_during_the_last)) as receiver:
        quick = Harness(quick_store, receiver)
        quick.happen(*(f"S{n}" for n in range(EVENTS)))
        quick.deliverer.run(stopped)
        assert len(quick.sent) == LAST
        assert quick.another().once() == EVENTS - LAST
        assert quick.sent == [(n + 1, f"S{n}") for n in range(EVENTS)]
