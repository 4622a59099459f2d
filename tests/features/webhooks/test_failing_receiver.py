"""A receiver that fails, is slow or is gone holds the cursor, and no event is lost."""

import pytest

from tests.features.webhooks.harness import Harness
from tests.features.webhooks.receiver import answer, drip


@pytest.mark.parametrize("status", [302, 401, 404, 502, 504])
def test_failing_receiver_holds_the_cursor(quick: Harness, status: int):
    """No event is parked, and the pauses grow."""
    quick.receiver.behave = answer(status)
    quick.happen("A", "B")

    assert quick.deliver() == 1
    assert (quick.now.cursor, quick.parked) == (0, [])
    assert quick.deliver(seconds=4) == 0
    assert quick.deliver(seconds=1) == 1
    assert quick.deliver(seconds=9) == 0
    assert quick.deliver(seconds=1) == 1
    assert (quick.now.attempts, quick.now.last_status) == (3, status)

    quick.receiver.behave = answer(200)
    assert quick.deliver(seconds=20) == 2
    assert (quick.now.cursor, quick.now.attempts, quick.now.failing_since) == (2, 0, None)


def test_dripping_receiver_holds_the_cursor(quick: Harness):
    """Its answer does not come in time."""
    quick.receiver.behave = drip
    quick.happen("A")
    quick.deliver()

    assert (quick.now.cursor, quick.now.last_error) == (0, "no answer in time")


def test_throttled_receiver_is_left_alone_until_then(quick: Harness):
    """It says when."""
    quick.receiver.behave = answer(429, Retry_After="600")
    quick.happen("A")
    quick.deliver()

    assert quick.deliver(seconds=599) == 0
    quick.receiver.behave = answer(200)
    assert quick.deliver(seconds=1) == 1


def test_gone_receiver_pauses_its_subscription(harness: Harness):
    """A person resumes it, from the same event on."""
    harness.receiver.behave = answer(410)
    harness.happen("A")
    harness.deliver()

    assert harness.now.state == "paused"
    assert harness.deliver(days=1) == 0
    harness.receiver.behave = answer(200)
    harness.subscriptions.resume(harness.ref)
    assert harness.deliver() == 1
    assert harness.now.cursor == 1


def test_days_of_outage_suspend_and_lose_nothing(harness: Harness):
    """After five days a person must resume; then every event arrives, in order."""
    harness.receiver.behave = answer(503)
    harness.happen("A")
    harness.deliver()
    for hour in range(1, 125):
        harness.happen("A" if hour % 2 else "B")
        harness.deliver(hours=1.21)

    assert harness.now.state == "suspended"
    attempts = len(harness.sent)
    assert attempts < 130
    harness.receiver.behave = answer(200)
    assert harness.deliver(days=1) == 0

    harness.subscriptions.resume(harness.ref)
    harness.deliver()
    harness.deliver()
    assert [number for number, _ in harness.sent[attempts:]] == list(range(1, 126))
