"""The window of a delivery: order for each subject, work for each lane, a cursor without gaps."""

import random
from datetime import UTC, datetime

from gpd_soap.features.webhooks.window import Window
from gpd_soap.store.events.read import StoredEvent

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def event(sequence: int, subject: str) -> StoredEvent:
    """Returns an event of a subject."""
    return StoredEvent(
        "77777777777", subject, NOW, f"evt_{sequence}", sequence, "position.updated", None, None,
        1, "key", "k-1", {},
    )  # fmt: skip


def number_of(event: StoredEvent) -> int:
    """Return the number of a numbered event."""
    assert event.sequence is not None
    return event.sequence


def test_lane_takes_the_first_event_whose_subject_is_free():
    """An event never overtakes an earlier one of its subject, and waits for no other subject."""
    window = Window(0)
    window.add([event(1, "A"), event(2, "A"), event(3, "B"), event(4, "A"), event(5, "B")], 5)

    first, second = window.take(), window.take()
    assert [each and each.sequence for each in (first, second, window.take())] == [1, 3, None]
    assert first is not None
    window.finish(first)

    third = window.take()
    assert third is not None
    assert (third.sequence, window.take(), window.waiting()) == (2, None, 2)


def test_cursor_is_before_the_first_unfinished_event():
    """What a crash would repeat begins there."""
    window = Window(10)
    window.add([event(n, f"S{n}") for n in (12, 15, 19)], 30)
    taken = [window.take() for _ in range(3)]
    cursors = []
    for index in (1, 0, 2):
        each = taken[index]
        assert each is not None
        window.finish(each)
        cursors.append(window.cursor)

    assert cursors == [10, 15, 30]


def test_cursor_passes_events_that_nobody_chose():
    """A reading without events moves it to where the feed was read."""
    window = Window(3)
    window.add([], 9)

    assert (window.cursor, window.read_until, window.take()) == (9, 9, None)


def test_any_order_of_finishing_keeps_the_order_of_each_subject():
    """Five lanes, and events of four subjects that come in two readings."""
    for seed in range(50):
        chance, window = random.Random(seed), Window(0)  # noqa: S311  # no secret
        events = [event(n, chance.choice("ABCD")) for n in range(1, 41)]
        window.add(events[:20], 20)
        under_way: list[StoredEvent] = []
        done: list[StoredEvent] = []
        later = [events[20:]]
        while len(done) < len(events):
            if later and chance.random() < 0.1:
                window.add(later.pop(), 40)
            elif len(under_way) < 5 and (taken := window.take()) is not None:
                under_way.append(taken)
            elif under_way:
                done.append(under_way.pop(chance.randrange(len(under_way))))
                window.finish(done[-1])
                unfinished = {number_of(each) for each in events} - {number_of(d) for d in done}
                assert window.cursor < min(unfinished, default=41)
        for subject in "ABCD":
            numbers = [number_of(each) for each in done if each.subject == subject]
            assert numbers == sorted(numbers)
        assert window.cursor == 40
