"""Events that a receiver refuses: parked, tried again, given up, and sent again by a person."""

from sqlalchemy import delete

from gpd_soap.store import tables
from tests.features.webhooks.harness import Harness, refusing
from tests.features.webhooks.receiver import answer


def test_refused_event_is_parked_with_those_of_its_subject(harness: Harness):
    """Other subjects go on, and the order of the subject is kept."""
    harness.receiver.behave = refusing("A")
    harness.happen("A", "B", "A", "B")
    harness.deliver()

    assert harness.sent == [(1, "A"), (2, "B"), (4, "B")]
    assert harness.parked == [(1, "A", "retry"), (3, "A", "waiting")]
    assert harness.now.cursor == 4

    harness.receiver.behave = answer(200)
    harness.happen("A")
    assert harness.deliver(seconds=4) == 0
    harness.deliver(seconds=1)

    assert harness.sent[3:] == [(1, "A"), (3, "A"), (5, "A")]
    assert harness.parked == []


def test_event_that_is_refused_for_days_is_given_up_until_a_person_decides(harness: Harness):
    """It is tried ten times; those behind it wait, and go when it is discarded."""
    harness.receiver.behave = refusing("A")
    harness.happen("A", "A", "B")
    harness.deliver()
    for _ in range(12):
        harness.deliver(hours=25)

    assert [each for _, each in harness.sent] == ["A", "B"] + ["A"] * 9
    assert harness.parked == [(1, "A", "dead"), (2, "A", "waiting")]
    assert harness.now.state == "active"

    harness.receiver.behave = answer(200)
    harness.subscriptions.discard(harness.ref, 1)
    harness.deliver()
    assert (harness.sent[-1], harness.parked) == ((2, "A"), [])


def test_dead_event_is_sent_again_by_command(harness: Harness):
    """It has the id that it had, and a header says that it was sent before."""
    harness.receiver.behave = refusing("A")
    harness.happen("A")
    harness.deliver()
    for _ in range(12):
        harness.deliver(hours=25)
    harness.receiver.behave = answer(200)

    assert harness.replay(dead=True) == 1
    harness.deliver()

    first, last = harness.receiver.received[0], harness.receiver.received[-1]
    assert (last.body, last.headers["webhook-id"]) == (first.body, first.headers["webhook-id"])
    assert last.headers["gpd-replay"] == "true"
    assert "gpd-replay" not in first.headers
    assert harness.parked == []


def test_range_is_sent_again_in_order(harness: Harness):
    """Only events that the receiver has passed are sent again."""
    harness.happen("A", "B", "A", "A")
    harness.deliver()

    assert harness.replay(**{"from": 2, "to": 9}) == 3
    assert harness.replay(**{"from": 2, "to": 9}) == 0
    harness.happen("A")
    harness.deliver()

    again = harness.sent[4:]
    assert sorted(again) == [(2, "B"), (3, "A"), (4, "A"), (5, "A")]
    assert [number for number, subject in again if subject == "A"] == [3, 4, 5]


def test_receiver_that_refuses_everything_is_held_and_not_emptied(quick: Harness):
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


def test_parked_event_that_is_no_longer_kept_is_given_up(quick: Harness):
    """Those of its subject go on."""
    quick.receiver.behave = refusing("A")
    quick.happen("A", "A")
    quick.deliver()
    with quick.store.begin() as connection:
        connection.execute(delete(tables.event).where(tables.event.c.sequence == 1))
    quick.receiver.behave = answer(200)
    quick.deliver(seconds=5)

    assert (quick.sent[1:], quick.parked) == ([(2, "A")], [])


def test_deleted_subscription_sends_nothing(quick: Harness):
    """Its parked events are deleted with it."""
    quick.receiver.behave = refusing("A")
    quick.happen("A")
    quick.deliver()
    quick.subscriptions.delete(quick.ref)

    assert quick.deliver(days=1) == 0
    with quick.store.begin() as connection:
        assert connection.execute(tables.parked.select()).all() == []


def test_refused_event_is_tried_again_when_a_clock_that_was_ahead_is_right(harness: Harness):
    """Its pause is that of the wrong clock."""
    right = harness.clock.now
    harness.receiver.behave = refusing("A")
    harness.happen("A", "B")
    harness.deliver(days=365)
    assert harness.parked == [(1, "A", "retry")]

    harness.clock.now, harness.receiver.behave = right, answer(204)
    harness.deliver()

    assert harness.parked == []
