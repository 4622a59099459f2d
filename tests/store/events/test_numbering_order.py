"""What happens when another process numbers, or commits, between two steps of a numberer."""

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from gpd_soap.core.event import Event
from gpd_soap.store import tables
from gpd_soap.store.events import numbering, write
from gpd_soap.store.node.settlement import with_prefix
from gpd_soap.store.store import Store
from tests.store.events.test_numbering import EVENT, event, sequences, written
from tests.store.samples import ORGANIZATION


def test_events_are_read_after_their_feed_is_locked(
    on_postgresql: Store, monkeypatch: pytest.MonkeyPatch
):
    """What another process numbered until then has its number already."""
    numbering.number_all(on_postgresql)
    written(on_postgresql, event("A"))
    lock = numbering._lock

    def lock_after_another(connection: Connection, organization: str) -> int | None:
        monkeypatch.setattr(numbering, "_lock", lock)
        written(on_postgresql, event("B"))
        assert in_a_thread(numbering.number, on_postgresql, ORGANIZATION) == 2
        return lock(connection, organization)

    monkeypatch.setattr(numbering, "_lock", lock_after_another)
    assert numbering.number(on_postgresql, ORGANIZATION) == 0

    assert sequences(on_postgresql) == [(1, "A"), (2, "B")]


def test_feed_is_locked_until_the_numbers_are_committed(
    on_postgresql: Store, monkeypatch: pytest.MonkeyPatch
):
    """A process that comes between gives no number twice, also when a slow commit came first."""
    written(on_postgresql, event("A"))
    numbering.number_all(on_postgresql)
    written(on_postgresql, event("B"), event("C"))
    # WHY: the first question of `number` is whether there are any; the second reads them.
    oldest, calls = numbering._oldest, itertools.count()

    def oldest_before_another(connection: Connection, organization: str, limit: int) -> Any:
        rows = oldest(connection, organization, limit)
        if next(calls) == 1:
            monkeypatch.setattr(numbering, "_oldest", oldest)
            early(on_postgresql, event("D"))
            assert in_a_thread(numbering.number, on_postgresql, ORGANIZATION) == 0
        return rows

    monkeypatch.setattr(numbering, "_oldest", oldest_before_another)
    assert numbering.number(on_postgresql, ORGANIZATION) == 2
    numbering.number_all(on_postgresql)

    assert sequences(on_postgresql) == [(1, "A"), (2, "B"), (3, "C"), (4, "D")]


def test_instant_under_the_lock_decides_on_the_order_and_not_the_id(store: Store):
    """The id of a receipt's event is made before its statement waits for the lock."""
    first, second = (with_prefix(write.values_of(event(each))) for each in "AB")
    assert first["v_event_id"] < second["v_event_id"]
    for values in (second, first):
        with store.begin() as connection:
            connection.execute(write.insert_event(connection.dialect), values)
        time.sleep(0.002)

    numbering.number_all(store)

    assert sequences(store) == [(1, "B"), (2, "A")]


def in_a_thread(function: Callable[..., int], *arguments: object) -> int:
    """Returns what a function returns in another thread, whose transaction is another."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result(30)


def early(store: Store, late: Event) -> None:
    """Commits an event whose instant is before those that were committed."""
    written(store, late)
    before = update(tables.event).where(EVENT.subject == late.subject)
    with store.begin() as connection:
        connection.execute(before.values(at=datetime.now(UTC) - timedelta(seconds=9)))
