"""The clock of the database steps back: the events of a subject stay in the order of commits."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.events import numbering, read
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


def test_receipt_after_the_step_is_told_after_its_position(store: Store):
    """The one statement that settles a receipt writes its event by the same rule."""
    add(store, position("P-1", option(1)))
    step_back(store)
    assert take(store, receipt(1), NOW).pays

    numbering.number_all(store)

    assert [each[0] for each in history(store, "P-1")] == ["position.created", "receipt.applied"]
    assert [each[2] for each in history(store, "P-1")] == [1, 2]
