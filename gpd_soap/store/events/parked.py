"""Events that a receiver refused, and those of the same subject, which wait for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, insert, select, update

from gpd_soap.core.case_id import case_key
from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page
from gpd_soap.store.database.reached import reached
from gpd_soap.store.database.upsert import insert_if_absent
from gpd_soap.store.events.read import COLUMNS as EVENT_COLUMNS
from gpd_soap.store.events.read import StoredEvent
from gpd_soap.store.events.subscriptions import ParkedState, Subscription

PARKED, EVENT, RECEIPT = tables.parked.c, tables.event.c, tables.receipt.c


class Parked(NamedTuple):
    """A parked event; `replay` says that a person had it sent again."""

    sequence: int
    subject: str
    state: str
    replay: bool
    attempts: int
    next_at: datetime | None
    last_status: int | None
    last_error: str


class ReceiptMessage(NamedTuple):
    """A receipt as it came, with the name of its primitive."""

    primitive: str
    raw: bytes


COLUMNS = [PARKED[name] for name in Parked._fields]


def subjects(connection: Connection, owner: Subscription, among: Collection[str]) -> set[str]:
    """Returns the subjects that have a parked event."""
    statement = select(PARKED.subject).distinct().where(_of(owner), PARKED.subject.in_(among))
    return set(connection.execute(statement).scalars())


def count(connection: Connection, owner: Subscription) -> int:
    """Returns the number of parked events, without those that are sent again by command."""
    statement = select(func.count()).select_from(tables.parked)
    return connection.execute(statement.where(_of(owner), PARKED.replay.is_(False))).scalar_one()


def due(connection: Connection, owner: Subscription, now: datetime, limit: int) -> list[Parked]:
    """Returns the first parked events whose next attempt is due."""
    statement = select(*COLUMNS).where(
        _of(owner), PARKED.state == ParkedState.RETRY, reached(PARKED.next_at, now)
    )
    rows = connection.execute(statement.order_by(PARKED.sequence).limit(limit))
    return [Parked._make(row) for row in rows]


def page(
    connection: Connection, owner: Subscription, request: PageRequest
) -> tuple[list[Parked], int]:
    """Returns a page of parked events in their order, and their number on all pages."""
    statement = select(*COLUMNS).where(_of(owner)).order_by(PARKED.sequence)
    rows, total = fetch_page(connection, statement, request)
    return [Parked._make(row) for row in rows], total


def park(connection: Connection, owner: Subscription, event: Parked) -> bool:
    """Sets an event aside.  Returns False if it is parked already."""
    row = {"organization": owner.organization, "subscription": owner.id, **event._asdict()}
    return insert_if_absent(connection, tables.parked, row)


def replay(
    connection: Connection, owner: Subscription, events: Iterable[StoredEvent], now: datetime
) -> int:
    """Parks events to be sent again, in order.  Returns how many; parked ones stay as they are."""
    chosen = {int(each.sequence or 0): each.subject for each in events}
    busy = subjects(connection, owner, set(chosen.values())) if chosen else set()
    there = select(PARKED.sequence).where(_of(owner), PARKED.sequence.in_(chosen))
    rows = []
    for sequence in sorted(chosen.keys() - set(connection.execute(there).scalars())):
        subject = chosen[sequence]
        first = subject not in busy
        busy.add(subject)
        state, next_at = (ParkedState.RETRY, now) if first else (ParkedState.WAITING, None)
        rows.append(Parked(sequence, subject, state, True, 0, next_at, None, "")._asdict())
    owned = {"organization": owner.organization, "subscription": owner.id}
    if rows:
        connection.execute(insert(tables.parked), [{**owned, **row} for row in rows])
    return len(rows)


def revive(connection: Connection, owner: Subscription, now: datetime) -> int:
    """Makes every dead event due again, with new attempts.  Returns how many."""
    dead = update(tables.parked).where(_of(owner), PARKED.state == ParkedState.DEAD)
    revived = dead.values(state=ParkedState.RETRY, replay=True, attempts=0, next_at=now)
    return len(connection.execute(revived.returning(PARKED.sequence)).all())


def failed(connection: Connection, owner: Subscription, sequence: int, **values: Any) -> None:
    """Stores the result of an attempt at a parked event."""
    one = update(tables.parked).where(_of(owner), PARKED.sequence == sequence)
    connection.execute(one.values(**values))


def settle(connection: Connection, owner: Subscription, event: Parked, now: datetime) -> None:
    """Removes a parked event; the next of its subject is due."""
    one = delete(tables.parked).where(_of(owner), PARKED.sequence == event.sequence)
    connection.execute(one)
    of_subject = and_(_of(owner), PARKED.subject == event.subject)
    following = select(func.min(PARKED.sequence)).where(of_subject)
    sequence = connection.execute(following).scalar()
    if sequence is not None:
        waiting = PARKED.state == ParkedState.WAITING
        statement = update(tables.parked).where(_of(owner), PARKED.sequence == sequence, waiting)
        connection.execute(statement.values(state=ParkedState.RETRY, next_at=now))


def free_waiting(connection: Connection, owner: Subscription, now: datetime) -> None:
    """Makes events due that wait for none: the one before was discarded when they came."""
    active = func.sum(case((PARKED.state == ParkedState.WAITING, 0), else_=1))
    firsts = select(func.min(PARKED.sequence)).where(_of(owner)).group_by(PARKED.subject)
    sequences = list(connection.execute(firsts.having(active == 0)).scalars())
    if sequences:
        statement = update(tables.parked).where(_of(owner), PARKED.sequence.in_(sequences))
        connection.execute(statement.values(state=ParkedState.RETRY, next_at=now))


def get(connection: Connection, owner: Subscription, sequence: int) -> Parked | None:
    """Returns a parked event, or None."""
    row = connection.execute(
        select(*COLUMNS).where(_of(owner), PARKED.sequence == sequence)
    ).first()
    return None if row is None else Parked._make(row)


def event_of(connection: Connection, organization: str, sequence: int) -> StoredEvent | None:
    """Returns an event by its number; None if it is no longer kept."""
    statement = select(*EVENT_COLUMNS).where(
        EVENT.organization == organization, EVENT.sequence == sequence
    )
    row = connection.execute(statement).first()
    return None if row is None else StoredEvent._make(row)


def receipt_of(connection: Connection, event: StoredEvent) -> ReceiptMessage | None:
    """Returns the stored message of an event's receipt; None if it is no longer there.

    A receipt that was forgotten has no message.
    """
    # WHY: a further receipt of a receiptId conflicts, and the id of its case says which it is.
    conflicting = case_key(event.data.get("case", ""))
    statement = select(RECEIPT.primitive, RECEIPT.raw).where(
        RECEIPT.organization == event.organization,
        RECEIPT.receipt_id == event.receipt_id,
        RECEIPT.variant == (conflicting.variant or 0 if conflicting else 0),
    )
    row = connection.execute(statement).first()
    return ReceiptMessage._make(row) if row is not None and row.raw else None


def _of(owner: Subscription) -> ColumnElement[bool]:
    return and_(PARKED.organization == owner.organization, PARKED.subscription == owner.id)
