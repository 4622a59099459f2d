"""A receiver that fails, is slow or is gone holds the cursor, and no event is lost."""

import pytest

from tests.features.webhooks.bed import Bed
from tests.features.webhooks.receiver import answer, drip


@pytest.mark.parametrize("status", [302, 401, 404, 502, 504])
def test_failing_receiver_holds_the_cursor(quick: Bed, status: int):
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


def test_dripping_receiver_holds_the_cursor(quick: Bed):
    """Its answer does not come in time."""
    quick.receiver.behave = drip
    quick.happen("A")
    quick.deliver()

    assert (quick.now.cursor, quick.now.last_error) == (0, "no answer in time")


def test_throttled_receiver_is_left_alone_until_then(quick: Bed):
    """It says when."""
    quick.receiver.behave = answer(429, Retry_After="600")
    quick.happen("A")
    quick.deliver()

    assert quick.deliver(seconds=599) == 0
    quick.receiver.behave = answer(200)
    assert quick.deliver(seconds=1) == 1


def test_gone_receiver_pauses_its_subscription(bed: Bed):
    """A person resumes it, from the same event on."""
    bed.receiver.behave = answer(410)
    bed.happen("A")
    bed.deliver()

    assert bed.now.state == "paused"
    assert bed.deliver(days=1) == 0
    bed.receiver.behave = answer(200)
    bed.subscriptions.resume(bed.ref)
    assert bed.deliver() == 1
    assert bed.now.cursor == 1


def test_days_of_outage_suspend_and_lose_nothing(bed: Bed):
    """After five days a person must resume; then every event arrives, in order."""
    bed.receiver.behave = answer(503)
    bed.happen("A")
    bed.deliver()
    for hour in range(1, 125):
        bed.happen("A" if hour % 2 else "B")
        bed.deliver(hours=1.21)

    assert bed.now.state == "suspended"
    attempts = len(bed.sent)
    assert attempts < 130
    bed.receiver.behave = answer(200)
    assert bed.deliver(days=1) == 0

    bed.subscriptions.resume(bed.ref)
    bed.deliver()
    bed.deliver()
    assert [number for number, _ in bed.sent[attempts:]] == list(range(1, 126))
