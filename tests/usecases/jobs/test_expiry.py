"""A notice that nobody paid in time has one event, whoever looks and however often."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gpd_soap.core.event import EventType
from gpd_soap.store import tables
from gpd_soap.store.database.upsert import upsert
from gpd_soap.store.events import numbering
from gpd_soap.store.positions import expiry as stored
from gpd_soap.usecases import expiry
from tests.store.samples import ACTOR, NOW, ORGANIZATION, add, nav, option, position
from tests.usecases.jobs.harness import Harness

EVENT, OPTION, POSITION = tables.event.c, tables.payment_option.c, tables.position.c
DUE = NOW + timedelta(minutes=30)
BEFORE, AFTER = DUE - timedelta(minutes=1), DUE + timedelta(minutes=1)


def put(harness: Harness, serial: int, due: datetime = DUE, **more: Any) -> None:
    """Store a published position with a notice that expires."""
    fields = {"due_at": due, "switch_to_expired": True} | more
    add(harness.store, position(f"E{serial}", option(serial, **fields)))


def look(harness: Harness, now: datetime) -> int:
    """Look at the organization's notices."""
    return expiry.look(harness.store, ORGANIZATION, now)


def expired(harness: Harness) -> list[Any]:
    """Return the events of expired notices, by their number."""
    numbering.number_all(harness.store)
    statement = select(tables.event).where(EVENT.type == str(EventType.NOTICE_EXPIRED))
    with harness.store.reading() as connection:
        return list(connection.execute(statement.order_by(EVENT.sequence)))


def test_notice_has_an_event_of_its_due_date(harness: Harness):
    """Twice is harmless, and the moment at which it is paid no more is the last one."""
    put(harness, 1)
    look(harness, BEFORE)

    assert look(harness, DUE) == 0
    assert look(harness, AFTER) == 1
    assert look(harness, AFTER) == 0
    assert look(harness, AFTER + timedelta(minutes=5)) == 0

    [event] = expired(harness)
    assert (event.at, event.subject, event.nav, event.revision) == (DUE, "E1", nav(1), 1)
    assert (event.actor_kind, event.actor) == ("clock", "notice.expired")
    assert event.id.startswith("evt_x")
    assert event.data == {
        "iupd": "E1", "iuv": nav(1)[1:], "amount": 10000, "dueDate": "2026-03-16T09:30:00Z",
    }  # fmt: skip


def test_two_processes_that_look_at_once_write_one_event(harness: Harness):
    """Both may have read before either has written."""
    put(harness, 1)
    look(harness, BEFORE)
    with harness.store.begin() as connection:
        [row] = connection.execute(stored._expired(ORGANIZATION, BEFORE, AFTER)).all()
    assert look(harness, AFTER) == 1
    event = stored._event(ORGANIZATION, row, expiry.CLOCK)
    with harness.store.begin() as connection:
        connection.execute(upsert(connection, tables.event, []), [event])

    assert len(expired(harness)) == 1


@pytest.mark.parametrize(
    "why",
    ["stays payable", "paid", "reported", "draft", "withdrawn", "alternative paid", "long ago"],
)
def test_notice_that_is_not_due_any_more_has_no_event(harness: Harness, why: str):
    """It was settled, is none, stays payable, or expired before the first look."""
    plan = {"plan": "A"} if why == "alternative paid" else {}
    if plan:
        fields = {"due_at": DUE, "switch_to_expired": True}
        single, rate = option(1, **fields), option(2, plan="A", **fields)
        add(harness.store, position("E1", single, rate))
    else:
        long_ago = NOW - timedelta(days=1)
        put(
            harness,
            1,
            long_ago if why == "long ago" else DUE,
            switch_to_expired=why != "stays payable",
        )
    changes: dict[str, Any] = {
        "paid": update(tables.payment_option).values(paid_at=NOW),
        "reported": update(tables.payment_option).values(reported_at=NOW),
        "draft": update(tables.position).values(published_at=None),
        "withdrawn": update(tables.position).values(withdrawn_at=NOW),
        "alternative paid": update(tables.payment_option)
        .where(OPTION.nav == nav(2))
        .values(paid_at=NOW),
    }
    look(harness, BEFORE)
    if why in changes:
        with harness.store.begin() as connection:
            connection.execute(changes[why])

    assert look(harness, AFTER) == 0


def test_notice_whose_date_is_moved_has_an_event_of_each_date_that_passed(harness: Harness):
    """Each date is a fact of its own."""
    put(harness, 1)
    look(harness, BEFORE)
    look(harness, AFTER)
    later = DUE + timedelta(hours=1)
    with harness.store.begin() as connection:
        connection.execute(update(tables.payment_option).values(due_at=later))

    assert look(harness, later + timedelta(minutes=1)) == 1
    assert [event.at for event in expired(harness)] == [DUE, later]


def test_notice_that_was_committed_after_a_look_has_its_event(harness: Harness):
    """A long transaction may make a notice that expires before its commit."""
    look(harness, BEFORE)
    put(harness, 2)
    look(harness, AFTER)
    assert len(expired(harness)) == 1
    put(harness, 1)

    assert look(harness, AFTER + timedelta(minutes=1)) == 1
    assert [event.subject for event in expired(harness)] == ["E2", "E1"]


def test_more_notices_than_a_batch_have_their_events(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    """Each transaction writes a batch."""
    monkeypatch.setattr(stored, "BATCH", 2)
    monkeypatch.setattr(expiry, "BATCH", 2)
    look(harness, BEFORE)
    for serial in range(1, 6):
        put(harness, serial)

    assert look(harness, AFTER) == 5


def test_nothing_is_written_while_nothing_expires(harness: Harness):
    """On SQLite a transaction that writes stops the others."""
    look(harness, BEFORE)
    look(harness, BEFORE + timedelta(minutes=1))

    with harness.store.reading() as connection:
        assert stored.watermark(connection, ORGANIZATION) == BEFORE


def test_notice_that_is_being_paid_is_left_to_a_later_look(harness: Harness):
    """The receipt's transaction decides first, and nobody waits."""
    if harness.store.engine.dialect.name == "sqlite":
        return
    put(harness, 1)
    look(harness, BEFORE)
    with harness.store.begin() as connection:
        connection.execute(select(OPTION.nav).with_for_update())
        assert look(harness, AFTER) == 0

    assert look(harness, AFTER) == 1


def test_event_is_of_the_organization_alone(harness: Harness):
    """The notices of others are theirs."""
    put(harness, 1)
    look(harness, BEFORE)
    expiry.look(harness.store, "88888888888", BEFORE)

    assert expiry.look(harness.store, "88888888888", AFTER) == 0
    assert ACTOR.id not in {event.actor for event in expired(harness)}
