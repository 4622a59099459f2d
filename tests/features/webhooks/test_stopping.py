"""A process that stops leaves the rest of its deliveries to another one."""

import threading
import time

from gpd_soap.store.store import Store
from tests.features.webhooks.bed import Bed, by
from tests.features.webhooks.receiver import Behave, Received, answer, receiving
from tests.waiting import until

EVENTS = 200


def slow(_received: Received) -> Behave:
    """Answers after a while."""
    time.sleep(0.02)
    return answer(204)


def test_stop_ends_after_the_request_that_is_under_way(quick_store: Store):
    """Nothing is lost, and nothing that was sent is sent again."""
    with receiving(by(slow)) as receiver:
        stop_and_go_on(Bed(quick_store, receiver))


def stop_and_go_on(quick: Bed) -> None:
    """Stop in the middle of the events, and let another process send the rest."""
    quick.happen(*(f"S{n}" for n in range(EVENTS)))
    stopped = threading.Event()
    thread = threading.Thread(target=quick.deliverer.run, args=[stopped])
    thread.start()
    until(lambda: len(quick.sent) >= 3, "nothing was sent")
    stopped.set()
    thread.join(10)
    first = len(quick.sent)

    assert not thread.is_alive()
    assert first < EVENTS
    quick.receiver.behave = answer(204)
    assert quick.another().once() == EVENTS - first
    assert quick.sent == [(n + 1, f"S{n}") for n in range(EVENTS)]
