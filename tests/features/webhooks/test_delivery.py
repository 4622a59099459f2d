"""What is sent to a real receiver: which events, in which order, and signed how."""

import json
import re
import socket
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from gpd_soap.core.event import EventType
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.store import statistics
from gpd_soap.store.store import Store
from tests.api.office import NOW
from tests.features.webhooks.harness import ACTOR, Harness, numbered, refusing
from tests.features.webhooks.receiver import Received, Receiver, answer
from tests.waiting import until


def test_events_are_sent_once_in_order(harness: Harness):
    """The cursor follows, and a second look sends nothing."""
    harness.happen("A", "B", "A")

    assert harness.deliver() == 3
    assert harness.deliver(minutes=5) == 0
    assert harness.sent == [(1, "A"), (2, "B"), (3, "A")]
    assert (harness.now.cursor, harness.now.last_status, harness.parked) == (3, 204, [])


def test_published_library_accepts_what_arrives(quick: Harness):
    """The receiver's own library verifies each request with the secret that was shown."""
    quick.clock.now = NOW.now(NOW.tzinfo)
    quick.happen("A")
    quick.deliver()

    [received] = quick.receiver.received
    event = Webhook(quick.secret).verify(received.body, received.headers)
    assert (event["id"], event["subject"]) == (received.headers["webhook-id"], "A")
    assert received.headers["content-type"] == "application/cloudevents+json; charset=utf-8"


def test_rotated_secret_and_the_one_before_verify(quick: Harness):
    """The receiver may change its secret within seven days."""
    quick.clock.now = NOW.now(NOW.tzinfo)
    _, new = quick.subscriptions.rotate(quick.ref)
    quick.happen("A")
    quick.deliver()

    [received] = quick.receiver.received
    for secret in (quick.secret, new):
        assert Webhook(secret).verify(received.body, received.headers)["subject"] == "A"


def test_new_subscription_begins_with_the_next_event(harness: Harness):
    """What was before is in the feed."""
    harness.happen("A")
    other, _ = harness.subscribe()
    harness.happen("B")
    harness.deliver()

    assert sorted(harness.sent) == [(1, "A"), (2, "B"), (2, "B")]
    assert harness.subscriptions.get(other).cursor == 2


def test_types_choose_and_the_cursor_passes_the_others(quick_store: Store, receiver: Receiver):
    """An event that nobody chose is not sent later either."""
    harness = Harness(quick_store, receiver, types=["receipt.", "position.deleted"])
    harness.happen("A")
    harness.happen("A", kind=EventType.POSITION_DELETED)
    harness.happen("A")

    assert harness.deliver() == 1
    assert (harness.sent, harness.now.cursor) == ([(2, "A")], 3)


@pytest.mark.parametrize("types", [[], ["receipt."], ["subscription.test"]])
def test_test_event_is_for_one_subscription(
    quick_store: Store, receiver: Receiver, types: list[str]
):
    """It arrives whatever types that one has chosen; another one does not receive it."""
    quick = Harness(quick_store, receiver, types=types)
    quick.subscribe(types=types)
    quick.subscriptions.test(quick.ref, ACTOR)
    quick.deliver()

    [received] = quick.receiver.received
    event = json.loads(received.body)
    assert (event["type"], event["subject"]) == ("subscription.test", quick.ref.id)
    assert quick.replay(**{"from": 1, "to": 1}) == 1


def test_lanes_keep_the_order_of_each_subject(store: Store, receiver: Receiver):
    """A subject is in one lane alone."""
    harness = Harness(store, receiver, lanes=8)
    subjects = [f"P-{number % 13}" for number in range(150)]
    harness.happen(*subjects)
    harness.deliver()

    assert sorted(harness.sent) == [*enumerate(subjects, 1)]
    for name in set(subjects):
        numbers = [number for number, subject in harness.sent if subject == name]
        assert numbers == sorted(numbers)
    assert harness.now.cursor == 150


def test_cursor_stays_before_an_unfinished_event_of_another_lane(
    quick_store: Store, receiver: Receiver
):
    """Events after it may arrive again, and it is not lost."""
    harness = Harness(quick_store, receiver, lanes=8)
    slow, *others = (f"P-{number}" for number in range(30))

    def behave(connection: socket.socket, received: Received) -> None:
        is_slow = numbered(received)[1] == slow
        if is_slow:
            until(lambda: len(harness.sent) > 8, "events of the other lanes")
        answer(503 if is_slow else 200)(connection, received)

    receiver.behave = behave
    harness.happen(slow, *others)
    harness.deliver()

    assert len(harness.sent) > 8
    assert harness.now.cursor == 0
    receiver.behave = answer(200)
    harness.deliver(seconds=5)
    assert harness.now.cursor == 30
    assert harness.sent.count((1, slow)) == 2


def test_metrics_show_lag_parked_events_and_states(harness: Harness):
    """They name no organization."""
    harness.receiver.behave = refusing("A")
    harness.happen("A", "A")
    harness.deliver()
    harness.receiver.behave = answer(503)
    harness.happen("B", "B")
    harness.deliver()

    figures = statistics.read(harness.store)
    text = Metrics().text(figures, harness.clock.now + timedelta(days=9999)).decode()

    assert figures.subscriptions == {"active": 1, "paused": 0, "suspended": 0}
    assert figures.parked == {"retry": 1, "waiting": 1, "dead": 0}
    assert figures.lag is not None
    assert figures.lag.events == 2
    assert figures.lag.since is not None
    assert 'gpd_webhook_parked{state="waiting"} 1.0' in text
    assert "gpd_webhook_lag_events 2.0" in text
    assert re.search(r"gpd_webhook_lag_seconds [1-9]", text)


def test_metrics_show_an_event_that_nobody_numbers(harness: Harness):
    """Without background work no feed has it, and its receiver waits nevertheless."""
    harness.deliver()
    before = statistics.read(harness.store).lag
    harness.happen("A")
    waiting = statistics.read(harness.store).lag

    assert before is not None
    assert waiting is not None
    assert (before.since, waiting.events) == (None, 0)
    assert waiting.since is not None
    harness.deliver()
    assert statistics.read(harness.store).lag == before
