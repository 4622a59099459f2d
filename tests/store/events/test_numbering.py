"""Events are numbered after their commit: none is missed, and none comes out of order."""

import time
from collections import defaultdict
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from gpd_soap.core.event import Event, EventType
from gpd_soap.store import tables
from gpd_soap.store.events import numbering, write
from gpd_soap.store.store import Store
from tests.store.races import Crew, Wait
from tests.store.samples import ACTOR, ORGANIZATION, OTHER, add, option, position

EVENT, POSITION = tables.event.c, tables.position.c
#: Events of each writer, of which one in twenty is committed late, and the positions they are of.
WRITTEN, LATE_EVERY, LATE_SECONDS, SUBJECTS = 60, 20, 0.05, 3
WRITERS, NUMBERERS = 3, 2


def event(subject: str, organization: str = ORGANIZATION, **data: Any) -> Event:
    """Returns an event of a position."""
    return Event(organization, EventType.POSITION_UPDATED, subject, ACTOR, data, revision=1)


def written(store: Store, *events: Event) -> None:
    """Writes events in a transaction."""
    with store.begin() as connection:
        write.write(connection, events)


def sequences(store: Store) -> list[tuple[int | None, str]]:
    """Returns number and subject of every event."""
    statement = select(EVENT.sequence, EVENT.subject).order_by(EVENT.sequence, EVENT.subject)
    with store.begin() as connection:
        return [(row[0], row[1]) for row in connection.execute(statement)]


def test_events_are_numbered_from_one_in_their_order(store: Store):
    """Each organization counts by itself."""
    written(store, event("B"), event("A"))
    written(store, event("C", OTHER))

    assert numbering.number_all(store) == 3
    written(store, event("D"))
    assert numbering.number(store, ORGANIZATION) == 1

    assert sequences(store) == [(1, "B"), (1, "C"), (2, "A"), (3, "D")]


def test_number_is_not_used_again_after_its_event_is_gone(store: Store):
    """A purge removes old events, and a reader's number stays valid."""
    written(store, event("A"), event("B"))
    numbering.number_all(store)
    with store.begin() as connection:
        connection.execute(delete(tables.event))
    written(store, event("C"))

    numbering.number_all(store)

    assert sequences(store) == [(3, "C")]


def test_event_of_a_transaction_that_fails_has_no_number(store: Store):
    """There are no holes."""

    def fail() -> None:
        with store.begin() as connection:
            write.write(connection, [event("A")])
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    written(store, event("B"))

    numbering.number_all(store)

    assert sequences(store) == [(1, "B")]


def test_numberer_that_meets_another_leaves_the_events_to_it(on_postgresql: Store):
    """It waits for nobody."""
    written(on_postgresql, event("A"))
    numbering.number_all(on_postgresql)
    written(on_postgresql, event("B"))
    with on_postgresql.begin() as connection:
        connection.execute(text("SELECT last FROM feed FOR UPDATE"))
        assert numbering.number(on_postgresql, ORGANIZATION) == 0

    assert numbering.number(on_postgresql, ORGANIZATION) == 1


def test_more_events_than_a_batch_are_numbered(store: Store, monkeypatch: pytest.MonkeyPatch):
    """Each transaction numbers a batch."""
    monkeypatch.setattr(numbering, "BATCH", 2)
    written(store, *(event(f"S{n}") for n in range(5)))

    assert numbering.number(store, ORGANIZATION) == 2
    assert numbering.number_all(store) == 3

    assert sequences(store) == [(n + 1, f"S{n}") for n in range(5)]


def write_some(store: Store, wait: Wait, serial: int) -> list[tuple[int, str]]:
    """Counts up the version of positions, each with its event; some commits are late."""
    wait()
    for n in range(WRITTEN):
        subject = f"P{(serial + n) % SUBJECTS}"
        with store.begin() as connection:
            counting = (
                update(tables.position)
                .where(POSITION.organization == ORGANIZATION, POSITION.iupd == subject)
                .values(version=POSITION.version + 1)
                .returning(POSITION.version)
            )
            count = connection.execute(counting).scalar_one()
            write.write(connection, [event(subject, count=count)])
            if n % LATE_EVERY == serial:
                time.sleep(LATE_SECONDS)
    return []


def number_some(store: Store, wait: Wait, total: int) -> list[tuple[int, str]]:
    """Numbers until every event has a number."""
    wait()
    while numbered(store) < total:
        numbering.number(store, ORGANIZATION)
        time.sleep(0.005)
    return []


def follow(store: Store, wait: Wait, total: int) -> list[tuple[int, str]]:
    """Reads by a cursor until every event was read; returns each as it was read."""
    wait()
    cursor, read = 0, list[tuple[int, str]]()
    while len(read) < total:
        statement = (
            select(EVENT.sequence, EVENT.subject, EVENT.data)
            .where(EVENT.organization == ORGANIZATION, EVENT.sequence > cursor)
            .order_by(EVENT.sequence)
            .limit(50)
        )
        with store.reading() as connection:
            for sequence, subject, data in connection.execute(statement):
                read.append((data["count"], subject))
                cursor = sequence
        time.sleep(0.003)
    return read


def numbered(store: Store) -> int:
    """Returns how many events have a number."""
    with store.reading() as connection:
        statement = select(tables.feed.c.last).where(tables.feed.c.organization == ORGANIZATION)
        return connection.execute(statement).scalar() or 0


def test_reader_with_a_cursor_misses_no_event_of_slow_commits(store: Store, prepared_url: str):
    """Writers, numberers and a reader run together; the order of a position is that of commits."""
    add(store, *(position(f"P{n}", option(n + 1)) for n in range(SUBJECTS)))
    with store.begin() as connection:
        connection.execute(delete(tables.event))
    total = WRITERS * WRITTEN
    tasks = [write_some] * WRITERS + [number_some] * NUMBERERS + [follow]
    arguments = [*range(WRITERS), *[total] * (NUMBERERS + 1)]

    with Crew(len(tasks)) as crew:
        *_, read = crew.race(run_task, prepared_url, list(zip(tasks, arguments, strict=True)))

    by_subject: dict[str, list[int]] = defaultdict(list)
    for count, subject in read:
        by_subject[subject].append(count)
    assert len(read) == total
    for counts in by_subject.values():
        assert counts == list(range(2, len(counts) + 2))


def run_task(store: Store, wait: Wait, given: tuple[Any, Any]) -> Any:
    """Runs the task of a process."""
    task, argument = given
    return task(store, wait, argument)
