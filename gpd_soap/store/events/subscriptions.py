"""Subscriptions to an organization's events: kept, claimed by a process, and moved on."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, or_, select
from sqlalchemy import update as update_rows

from gpd_soap.store import tables
from gpd_soap.store.database.paging import PageRequest, fetch_page
from gpd_soap.store.database.reached import reached

SUBSCRIPTION, PARKED, FEED = tables.subscription.c, tables.parked.c, tables.feed.c
#: LIMIT: 60 s without a sign of its process, after which another takes a subscription over.
LEASE = timedelta(seconds=60)


class State(StrEnum):
    """Whether events are sent: paused by a person or the receiver, suspended after an outage."""

    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"


class ParkedState(StrEnum):
    """Of a parked event: tried again, waiting for the one before, or given up."""

    RETRY = "retry"
    WAITING = "waiting"
    DEAD = "dead"


class Subscription(NamedTuple):
    """A subscription as it is stored; the table says what the fields mean."""

    organization: str
    id: str
    url: str
    types: list[str]
    format: str
    lanes: int
    with_receipt: bool
    certificate: str
    authority: str
    state: str
    cursor: int
    generation: int
    rotated_at: datetime | None
    revision: int
    failing_since: datetime | None
    attempts: int
    refusals: int
    next_at: datetime | None
    last_status: int | None
    last_error: str
    created_at: datetime
    created_by: str


COLUMNS = [SUBSCRIPTION[name] for name in Subscription._fields]


def add(connection: Connection, subscription: Subscription) -> None:
    """Inserts a subscription."""
    connection.execute(insert(tables.subscription), subscription._asdict())


def count(connection: Connection, organization: str) -> int:
    """Returns the number of an organization's subscriptions."""
    of = SUBSCRIPTION.organization == organization
    statement = select(func.count()).select_from(tables.subscription).where(of)
    return connection.execute(statement).scalar_one()


def page(
    connection: Connection, organization: str, request: PageRequest
) -> tuple[list[Subscription], int]:
    """Returns a page of an organization's subscriptions, the oldest first, and their number."""
    of = SUBSCRIPTION.organization == organization
    order = (SUBSCRIPTION.created_at, SUBSCRIPTION.id)
    rows, total = fetch_page(connection, select(*COLUMNS).where(of).order_by(*order), request)
    return [Subscription._make(row) for row in rows], total


def get(
    connection: Connection, organization: str, subscription: str, *, lock: bool = False
) -> Subscription | None:
    """Returns a subscription, locked if it is to be changed; None if there is none."""
    statement = select(*COLUMNS).where(_is(organization, subscription))
    if lock:
        statement = statement.with_for_update()
    row = connection.execute(statement).first()
    return None if row is None else Subscription._make(row)


def change(connection: Connection, subscription: Subscription, **values: Any) -> None:
    """Changes a subscription, which gets the next revision."""
    statement = update_rows(tables.subscription).where(
        _is(subscription.organization, subscription.id)
    )
    connection.execute(statement.values(revision=subscription.revision + 1, **values))


def remove(connection: Connection, subscription: Subscription) -> None:
    """Deletes a subscription and its parked events."""
    organization, name = subscription.organization, subscription.id
    of = and_(PARKED.organization == organization, PARKED.subscription == name)
    connection.execute(delete(tables.parked).where(of))
    connection.execute(delete(tables.subscription).where(_is(organization, name)))


def due(connection: Connection, now: datetime) -> list[tuple[str, str]]:
    """Returns organization and id of each subscription that has something to send at `now`.

    It takes no lock, so that a process may find a subscription that another has just claimed.
    """
    of = and_(
        PARKED.organization == SUBSCRIPTION.organization, PARKED.subscription == SUBSCRIPTION.id
    )
    is_due = and_(PARKED.state == ParkedState.RETRY, reached(PARKED.next_at, now))
    more = exists().where(
        FEED.organization == SUBSCRIPTION.organization, FEED.last > SUBSCRIPTION.cursor
    )
    statement = select(SUBSCRIPTION.organization, SUBSCRIPTION.id).where(
        _is_free(now), or_(more, exists().where(of, is_due))
    )
    # WHY: the one that has waited longest is first.
    order = (SUBSCRIPTION.lease_until.asc(), SUBSCRIPTION.id)
    return [(row[0], row[1]) for row in connection.execute(statement.order_by(*order))]


def claim(
    connection: Connection, organization: str, subscription: str, worker: str, now: datetime
) -> Subscription | None:
    """Returns a subscription leased to `worker`; None if another process has it."""
    claimed = (
        update_rows(tables.subscription)
        .where(_is(organization, subscription), _is_free(now))
        .values(lease_by=worker, lease_until=now + LEASE)
        .returning(*COLUMNS)
    )
    row = connection.execute(claimed).first()
    return None if row is None else Subscription._make(row)


def save(
    connection: Connection,
    subscription: Subscription,
    worker: str,
    lease_until: datetime,
    **values: Any,
) -> bool:
    """Stores what the deliveries changed and how long the lease holds.

    Returns False if the lease was lost, or if somebody changed the subscription meanwhile.  What
    the receiver has is stored in any case in which the lease holds.
    """
    saved = (
        update_rows(tables.subscription)
        .where(_is(subscription.organization, subscription.id), SUBSCRIPTION.lease_by == worker)
        .values(lease_until=lease_until, **values)
        .returning(SUBSCRIPTION.revision)
    )
    return connection.execute(saved).scalar() == subscription.revision


def _is(organization: str, subscription: str) -> ColumnElement[bool]:
    return and_(SUBSCRIPTION.organization == organization, SUBSCRIPTION.id == subscription)


def _is_free(now: datetime) -> ColumnElement[bool]:
    return and_(
        SUBSCRIPTION.state == State.ACTIVE,
        or_(SUBSCRIPTION.next_at.is_(None), reached(SUBSCRIPTION.next_at, now)),
        or_(SUBSCRIPTION.lease_until.is_(None), reached(SUBSCRIPTION.lease_until, now)),
    )
