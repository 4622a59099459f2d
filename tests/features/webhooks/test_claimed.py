"""A subscription is delivered by one process at a time, and by another one after it."""

import threading
from datetime import timedelta

from gpd_soap.store.events import subscriptions
from tests.features.webhooks.harness import Harness
from tests.features.webhooks.receiver import answer
from tests.waiting import until


def test_subscription_is_claimed_by_one_process(harness: Harness):
    """A process that ended is replaced when its lease has ended."""
    harness.happen("A")
    with harness.store.begin() as connection:
        claimed = subscriptions.claim(
            connection, *harness.ref[:2], "another process", harness.clock.now
        )
        again = subscriptions.claim(connection, *harness.ref[:2], "a third one", harness.clock.now)

    assert claimed is not None
    assert again is None
    assert harness.deliver(seconds=59) == 0
    assert harness.deliver(seconds=1) == 1


def test_lost_lease_stores_nothing(harness: Harness):
    """The process that took over has moved the cursor."""
    ends = harness.clock.now + timedelta(minutes=1)
    with harness.store.begin() as connection:
        claimed = subscriptions.claim(connection, *harness.ref[:2], "mine", harness.clock.now)
        assert claimed is not None
        assert not subscriptions.save(connection, claimed, "another", ends, cursor=9)
        assert subscriptions.save(connection, claimed, "mine", ends, cursor=3)

    assert harness.now.cursor == 3


def test_running_deliverer_sends_events_as_they_happen(harness: Harness):
    """Two processes together send each event once, while both live."""
    stopped = threading.Event()
    running = [
        threading.Thread(target=harness.another().run, args=(stopped,), daemon=True)
        for _ in range(2)
    ]
    for each in running:
        each.start()
    try:
        for number in range(1, 4):
            harness.happen("A")
            until(lambda: len(harness.sent) == number, f"event {number}")  # noqa: B023  # called at once
    finally:
        stopped.set()
        for each in running:
            each.join(60)

    assert harness.sent == [(1, "A"), (2, "A"), (3, "A")]
    assert harness.now.cursor == 3


def test_events_are_sent_when_a_clock_that_was_ahead_is_right(harness: Harness):
    """Neither the pause nor the lease that it wrote holds for a year."""
    right = harness.clock.now
    harness.receiver.behave = answer(503)
    harness.happen("A")
    assert harness.deliver(days=365) == 1
    with harness.store.begin() as connection:
        later = harness.clock.now + timedelta(hours=1)
        assert subscriptions.claim(connection, *harness.ref[:2], "killed", later) is not None

    harness.clock.now, harness.receiver.behave = right, answer(204)

    assert harness.deliver() == 1
    assert (harness.now.cursor, harness.now.last_status, harness.now.next_at) == (1, 204, None)
