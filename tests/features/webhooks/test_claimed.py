"""A subscription is delivered by one process at a time, and by another one after it."""

import threading
from datetime import timedelta

from gpd_soap.store.events import subscriptions
from tests.features.webhooks.bed import Bed
from tests.features.webhooks.receiver import answer
from tests.waiting import until


def test_subscription_is_claimed_by_one_process(bed: Bed):
    """A process that ended is replaced when its lease has ended."""
    bed.happen("A")
    with bed.store.begin() as connection:
        claimed = subscriptions.claim(connection, *bed.ref[:2], "another process", bed.clock.now)
        again = subscriptions.claim(connection, *bed.ref[:2], "a third one", bed.clock.now)

    assert claimed is not None
    assert again is None
    assert bed.deliver(seconds=59) == 0
    assert bed.deliver(seconds=1) == 1


def test_lost_lease_stores_nothing(bed: Bed):
    """The process that took over has moved the cursor."""
    ends = bed.clock.now + timedelta(minutes=1)
    with bed.store.begin() as connection:
        claimed = subscriptions.claim(connection, *bed.ref[:2], "mine", bed.clock.now)
        assert claimed is not None
        assert not subscriptions.save(connection, claimed, "another", ends, cursor=9)
        assert subscriptions.save(connection, claimed, "mine", ends, cursor=3)

    assert bed.now.cursor == 3


def test_running_deliverer_sends_events_as_they_happen(bed: Bed):
    """Two processes together send each event once, while both live."""
    stopped = threading.Event()
    running = [
        threading.Thread(target=bed.another().run, args=(stopped,), daemon=True) for _ in range(2)
    ]
    for each in running:
        each.start()
    try:
        for number in range(1, 4):
            bed.happen("A")
            until(lambda: len(bed.sent) == number, f"event {number}")  # noqa: B023  # called at once
    finally:
        stopped.set()
        for each in running:
            each.join(60)

    assert bed.sent == [(1, "A"), (2, "A"), (3, "A")]
    assert bed.now.cursor == 3


def test_events_are_sent_when_a_clock_that_was_ahead_is_right(bed: Bed):
    """Neither the pause nor the lease that it wrote holds for a year."""
    right = bed.clock.now
    bed.receiver.behave = answer(503)
    bed.happen("A")
    assert bed.deliver(days=365) == 1
    with bed.store.begin() as connection:
        later = bed.clock.now + timedelta(hours=1)
        assert subscriptions.claim(connection, *bed.ref[:2], "killed", later) is not None

    bed.clock.now, bed.receiver.behave = right, answer(204)

    assert bed.deliver() == 1
    assert (bed.now.cursor, bed.now.last_status, bed.now.next_at) == (1, 204, None)
