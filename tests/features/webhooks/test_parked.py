"""Events that a receiver refuses: parked, tried again, given up, and sent again by a person."""

from sqlalchemy import delete

from gpd_soap.store import tables
from tests.features.webhooks.bed import Bed, refusing
from tests.features.webhooks.receiver import answer


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


def test_deleted_subscription_sends_nothing(quick: Bed):
    """Its parked events are deleted with it."""
    quick.receiver.behave = refusing("A")
    quick.happen("A")
    quick.deliver()
    quick.subscriptions.delete(quick.ref)

    assert quick.deliver(days=1) == 0
    with quick.store.begin() as connection:
        assert connection.execute(tables.parked.select()).all() == []


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
