"""Deliveries to a real receiver, which may fail in every way, with a clock that moves."""

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete
from standardwebhooks.webhooks import Webhook

from gpd_soap.core.event import EventType
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.store import statistics, tables
from gpd_soap.store.events import subscriptions
from gpd_soap.store.store import Store
from tests.api.office import NOW
from tests.features.webhooks.bed import ACTOR, Bed, numbered, refusing
from tests.features.webhooks.receiver import Received, Receiver, answer, drip, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that accepts everything."""
    with receiving(answer(204)) as started:
        yield started


@pytest.fixture
def bed(store: Store, receiver: Receiver) -> Bed:
    """A bed over each kind of database."""
    return Bed(store, receiver)


@pytest.fixture
def quick(quick_store: Store, receiver: Receiver) -> Bed:
    """A bed over SQLite alone."""
    return Bed(quick_store, receiver)


def test_events_are_sent_once_in_order(bed: Bed):
    """The cursor follows, and a second look sends nothing."""
    bed.happen("A", "B", "A")

    assert bed.deliver() == 3
    assert bed.deliver(minutes=5) == 0
    assert bed.sent == [(1, "A"), (2, "B"), (3, "A")]
    assert (bed.now.cursor, bed.now.last_status, bed.parked) == (3, 204, [])


def test_published_library_accepts_what_arrives(quick: Bed):
    """The receiver's own library verifies each request with the secret that was shown."""
    quick.clock.now = NOW.now(NOW.tzinfo)
    quick.happen("A")
    quick.deliver()

    [received] = quick.receiver.received
    event = Webhook(quick.secret).verify(received.body, received.headers)
    assert (event["id"], event["subject"]) == (received.headers["webhook-id"], "A")
    assert received.headers["content-type"] == "application/cloudevents+json; charset=utf-8"


def test_rotated_secret_and_the_one_before_verify(quick: Bed):
    """The receiver may change its secret within seven days."""
    quick.clock.now = NOW.now(NOW.tzinfo)
    _, new = quick.subscriptions.rotate(quick.ref)
    quick.happen("A")
    quick.deliver()

    [received] = quick.receiver.received
    for secret in (quick.secret, new):
        assert Webhook(secret).verify(received.body, received.headers)["subject"] == "A"


def test_new_subscription_begins_with_the_next_event(bed: Bed):
    """What was before is in the feed."""
    bed.happen("A")
    other, _ = bed.subscribe()
    bed.happen("B")
    bed.deliver()

    assert sorted(bed.sent) == [(1, "A"), (2, "B"), (2, "B")]
    assert bed.subscriptions.get(other).cursor == 2


def test_types_choose_and_the_cursor_passes_the_others(quick_store: Store, receiver: Receiver):
    """An event that nobody chose is not sent later either."""
    bed = Bed(quick_store, receiver, types=["receipt.", "position.deleted"])
    bed.happen("A")
    bed.happen("A", kind=EventType.POSITION_DELETED)
    bed.happen("A")

    assert bed.deliver() == 1
    assert (bed.sent, bed.now.cursor) == ([(2, "A")], 3)


@pytest.mark.parametrize("types", [[], ["receipt."], ["subscription.test"]])
def test_test_event_is_for_one_subscription(
    quick_store: Store, receiver: Receiver, types: list[str]
):
    """It arrives whatever types that one has chosen; another one does not receive it."""
    quick = Bed(quick_store, receiver, types=types)
    quick.subscribe(types=types)
    quick.subscriptions.test(quick.ref, ACTOR)
    quick.deliver()

    [received] = quick.receiver.received
    event = json.loads(received.body)
    assert (event["type"], event["subject"]) == ("subscription.test", quick.ref.id)
    assert quick.replay(**{"from": 1, "to": 1}) == 1


def test_refused_event_is_parked_with_those_of_its_subject(bed: Bed):
    """Other subjects go on, and the order of the subject is kept."""
    bed.receiver.behave = refusing("A")
    bed.happen("A", "B", "A", "B")
    bed.deliver()

    assert bed.sent == [(1, "A"), (2, "B"), (4, "B")]
    assert bed.parked == [(1, "A", "retry"), (3, "A", "waiting")]
    assert bed.now.cursor == 4

    bed.receiver.behave = answer(200)
    bed.happen("A")
    assert bed.deliver(seconds=4) == 0
    bed.deliver(seconds=1)

    assert bed.sent[3:] == [(1, "A"), (3, "A"), (5, "A")]
    assert bed.parked == []


def test_event_that_is_refused_for_days_is_given_up_until_a_person_decides(bed: Bed):
    """It is tried ten times; those behind it wait, and go when it is discarded."""
    bed.receiver.behave = refusing("A")
    bed.happen("A", "A", "B")
    bed.deliver()
    for _ in range(12):
        bed.deliver(hours=25)

    assert [each for _, each in bed.sent] == ["A", "B"] + ["A"] * 9
    assert bed.parked == [(1, "A", "dead"), (2, "A", "waiting")]
    assert bed.now.state == "active"

    bed.receiver.behave = answer(200)
    bed.subscriptions.discard(bed.ref, 1)
    bed.deliver()
    assert (bed.sent[-1], bed.parked) == ((2, "A"), [])


def test_dead_event_is_sent_again_by_command(bed: Bed):
    """It has the id that it had, and a header says that it was sent before."""
    bed.receiver.behave = refusing("A")
    bed.happen("A")
    bed.deliver()
    for _ in range(12):
        bed.deliver(hours=25)
    bed.receiver.behave = answer(200)

    assert bed.replay(dead=True) == 1
    bed.deliver()

    first, last = bed.receiver.received[0], bed.receiver.received[-1]
    assert (last.body, last.headers["webhook-id"]) == (first.body, first.headers["webhook-id"])
    assert last.headers["gpd-replay"] == "true"
    assert "gpd-replay" not in first.headers
    assert bed.parked == []


def test_range_is_sent_again_in_order(bed: Bed):
    """Only events that the receiver has passed are sent again."""
    bed.happen("A", "B", "A", "A")
    bed.deliver()

    assert bed.replay(**{"from": 2, "to": 9}) == 3
    assert bed.replay(**{"from": 2, "to": 9}) == 0
    bed.happen("A")
    bed.deliver()

    again = bed.sent[4:]
    assert sorted(again) == [(2, "B"), (3, "A"), (4, "A"), (5, "A")]
    assert [number for number, subject in again if subject == "A"] == [3, 4, 5]


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


def test_receiver_that_refuses_everything_is_held_and_not_emptied(quick: Bed):
    """Four events are parked; the fifth stays next."""
    quick.receiver.behave = answer(500)
    quick.happen(*"ABCDEFGH")
    quick.deliver()

    assert [each for each, _, _ in quick.parked] == [1, 2, 3, 4]
    assert quick.now.cursor == 4
    quick.receiver.behave = answer(200)
    quick.deliver(minutes=1)
    quick.deliver(minutes=10)
    assert (quick.now.cursor, quick.parked) == (8, [])
    assert len(quick.sent) == 5 + 8


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


def test_lanes_keep_the_order_of_each_subject(store: Store, receiver: Receiver):
    """A subject is in one lane alone."""
    bed = Bed(store, receiver, lanes=8)
    subjects = [f"P-{number % 13}" for number in range(150)]
    bed.happen(*subjects)
    bed.deliver()

    assert sorted(bed.sent) == [*enumerate(subjects, 1)]
    for name in set(subjects):
        numbers = [number for number, subject in bed.sent if subject == name]
        assert numbers == sorted(numbers)
    assert bed.now.cursor == 150


def test_cursor_stays_before_an_unfinished_event_of_another_lane(
    quick_store: Store, receiver: Receiver
):
    """Events after it may arrive again, and it is not lost."""
    bed = Bed(quick_store, receiver, lanes=8)
    slow, *others = (f"P-{number}" for number in range(30))

    def behave(connection: socket.socket, received: Received) -> None:
        is_slow = numbered(received)[1] == slow
        if is_slow:
            wait_until(lambda: len(bed.sent) > 8)
        answer(503 if is_slow else 200)(connection, received)

    receiver.behave = behave
    bed.happen(slow, *others)
    bed.deliver()

    assert len(bed.sent) > 8
    assert bed.now.cursor == 0
    receiver.behave = answer(200)
    bed.deliver(seconds=5)
    assert bed.now.cursor == 30
    assert bed.sent.count((1, slow)) == 2


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
    until = bed.clock.now + timedelta(minutes=1)
    with bed.store.begin() as connection:
        claimed = subscriptions.claim(connection, *bed.ref[:2], "mine", bed.clock.now)
        assert claimed is not None
        assert not subscriptions.save(connection, claimed, "another", until, cursor=9)
        assert subscriptions.save(connection, claimed, "mine", until, cursor=3)

    assert bed.now.cursor == 3


def test_parked_event_that_is_no_longer_kept_is_given_up(quick: Bed):
    """Those of its subject go on."""
    quick.receiver.behave = refusing("A")
    quick.happen("A", "A")
    quick.deliver()
    with quick.store.begin() as connection:
        connection.execute(delete(tables.event).where(tables.event.c.sequence == 1))
    quick.receiver.behave = answer(200)
    quick.deliver(seconds=5)

    assert (quick.sent[1:], quick.parked) == ([(2, "A")], [])


def test_metrics_show_lag_parked_events_and_states(bed: Bed):
    """They name no organization."""
    bed.receiver.behave = refusing("A")
    bed.happen("A", "A")
    bed.deliver()
    bed.receiver.behave = answer(503)
    bed.happen("B", "B")
    bed.deliver()

    figures = statistics.read(bed.store)
    text = Metrics().text(figures, bed.clock.now + timedelta(days=9999)).decode()

    assert figures.subscriptions == {"active": 1, "paused": 0, "suspended": 0}
    assert figures.parked == {"retry": 1, "waiting": 1, "dead": 0}
    assert figures.lag is not None
    assert figures.lag.events == 2
    assert figures.lag.since is not None
    assert 'gpd_webhook_parked{state="waiting"} 1.0' in text
    assert "gpd_webhook_lag_events 2.0" in text
    assert re.search(r"gpd_webhook_lag_seconds [1-9]", text)


def test_metrics_show_an_event_that_nobody_numbers(bed: Bed):
    """Without background work no feed has it, and its receiver waits nevertheless."""
    bed.deliver()
    before = statistics.read(bed.store).lag
    bed.happen("A")
    waiting = statistics.read(bed.store).lag

    assert before is not None
    assert waiting is not None
    assert (before.since, waiting.events) == (None, 0)
    assert waiting.since is not None
    bed.deliver()
    assert statistics.read(bed.store).lag == before


def test_deleted_subscription_sends_nothing(quick: Bed):
    """Its parked events are deleted with it."""
    quick.receiver.behave = refusing("A")
    quick.happen("A")
    quick.deliver()
    quick.subscriptions.delete(quick.ref)

    assert quick.deliver(days=1) == 0
    with quick.store.begin() as connection:
        assert connection.execute(tables.parked.select()).all() == []


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
            wait_until(lambda: len(bed.sent) == number)  # noqa: B023  # called at once
    finally:
        stopped.set()
        for each in running:
            each.join(20)

    assert bed.sent == [(1, "A"), (2, "A"), (3, "A")]
    assert bed.now.cursor == 3


def wait_until(holds: Callable[[], bool]) -> None:
    """Waits for a fact, twenty seconds at most."""
    ends = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


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


def test_refused_event_is_tried_again_when_a_clock_that_was_ahead_is_right(bed: Bed):
    """Its pause is that of the wrong clock."""
    right = bed.clock.now
    bed.receiver.behave = refusing("A")
    bed.happen("A", "B")
    bed.deliver(days=365)
    assert bed.parked == [(1, "A", "retry")]

    bed.clock.now, bed.receiver.behave = right, answer(204)
    bed.deliver()

    assert bed.parked == []
