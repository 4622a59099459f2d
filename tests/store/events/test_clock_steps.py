"""The clock of the database steps back: the events of a subject stay in the order of commits."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.events import numbering, read, write
from gpd_soap.store.events.of_notice import of_notice
from gpd_soap.store.store import Store
from tests.store.events.test_numbering import event, written
from tests.store.samples import NOW, ORGANIZATION, add, option, position, receipt, take

EVENT = tables.event.c
#: How far the clock was ahead before it stepped back.
AHEAD = timedelta(hours=1)


def step_back(store: Store) -> None:
    """Make the stored events those of a clock that was ahead by an hour until now."""
    with store.begin() as connection:
        for written_at, key in connection.execute(select(EVENT.at, EVENT.id)).all():
            moved = update(tables.event).where(EVENT.id == key, EVENT.at == written_at)
            connection.execute(moved.values(at=written_at + AHEAD))


def history(store: Store, subject: str) -> list[Any]:
    """Return type and number of each event of a subject, as its history shows them."""
    with store.reading() as connection:
        request = PageRequest(50, 0)
        rows, _total = read.history(connection, ORGANIZATION, subject, request)
        return [(row.type, row.data.get("step"), row.sequence) for row in rows]


def test_later_event_of_a_subject_has_the_higher_number(store: Store):
    """A reader of the feed applies them in the order in which they happened."""
    written(store, event("A", step=1), event("A", step=2))
    step_back(store)
    written(store, event("A", step=3), event("B", step=1))
    written(store, event("A", step=4))

    numbering.number_all(store)

    steps = [(step, number) for _type, step, number in history(store, "A")]
    assert [step for step, _number in steps] == [1, 2, 3, 4]
    assert [number for _step, number in steps] == sorted(number for _step, number in steps)


def test_event_of_a_receipt_after_the_step_follows_that_of_its_position(store: Store):
    """The one statement that settles a receipt writes its event by the same rule."""
    add(store, position("P-1", option(1)))
    step_back(store)
    assert take(store, receipt(1), NOW).pays

    numbering.number_all(store)

    assert [each[0] for each in history(store, "P-1")] == ["position.created", "receipt.applied"]
    assert [each[2] for each in history(store, "P-1")] == [1, 2]


def test_batch_has_the_earlier_events_of_its_subjects(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    """A clock that was ahead put the first ones behind the end of the batch."""
    written(store, event("A", step=1), event("B", step=1), event("A", step=2))
    step_back(store)
    written(store, event("A", step=3), event("C", step=1), event("C", step=2), event("A", step=4))
    monkeypatch.setattr(numbering, "BATCH", 2)

    numbering.number_all(store)

    assert numbers(store, "A") == [1, 2, 3, 4]
    assert [step for _type, step, _number in history(store, "B")] == [1]
    assert sorted(number for _subject, number in all_numbers(store)) == [1, 2, 3, 4, 5, 6, 7]


def test_events_committed_while_a_batch_is_read_keep_their_order(
    on_postgresql: Store, monkeypatch: pytest.MonkeyPatch
):
    """The first of two has an instant within the batch, the second one after it."""
    written(on_postgresql, event("A", step=1))
    late = on_postgresql.engine.connect()
    for step in (2, 3):
        write.write(late, [event("A", step=step)])
    written(on_postgresql, event("B", step=1))
    of_a = select(EVENT.id, EVENT.at).where(EVENT.subject == "A").order_by(EVENT.ordinal.desc())
    last = late.execute(of_a.limit(1)).one()
    late.execute(update(tables.event).where(EVENT.id == last.id).values(at=last.at + AHEAD))
    oldest = numbering._oldest

    def read_then_commit(connection: Connection, organization: str, limit: int) -> list[Any]:
        rows = oldest(connection, organization, limit)
        if limit == 2:
            late.commit()
        return rows

    monkeypatch.setattr(numbering, "BATCH", 2)
    monkeypatch.setattr(numbering, "_oldest", read_then_commit)
    numbering.number_all(on_postgresql)
    late.close()

    assert numbers(on_postgresql, "A") == [1, 2, 3]


def test_events_without_an_ordinal_are_before_the_others(on_postgresql: Store):
    """They were written before ordinals were, and may wait for their number at an upgrade."""
    written(on_postgresql, event("A", step=1), event("A", step=2))
    step_back(on_postgresql)
    with on_postgresql.begin() as connection:
        connection.execute(update(tables.event).values(ordinal=None))
    written(on_postgresql, event("A", step=3))

    numbering.number_all(on_postgresql)

    assert numbers(on_postgresql, "A") == [1, 2, 3]


def test_newest_events_of_a_notice_are_those_of_the_last_commits(store: Store):
    """The console shows the last ones of many, the oldest of them first."""
    written(store, event("A", step=1), event("A", step=2))
    step_back(store)
    written(store, event("A", step=3))

    with store.reading() as connection:
        rows = of_notice(connection, ORGANIZATION, "A", "", 2)

    assert [row.data["step"] for row in rows] == [2, 3]


def numbers(store: Store, subject: str) -> list[int]:
    """Return the steps of a subject in the order of their numbers, the same as of its history."""
    rows = history(store, subject)
    assert [number for _type, _step, number in rows] == sorted(each[2] for each in rows)
    return [step for _type, step, _number in rows]


def all_numbers(store: Store) -> list[tuple[str, int]]:
    """Return subject and number of each event."""
    with store.reading() as connection:
        rows = connection.execute(select(EVENT.subject, EVENT.sequence)).all()
    return [(row.subject, row.sequence) for row in rows]
