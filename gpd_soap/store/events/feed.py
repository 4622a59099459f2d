"""Reads numbered events as a feed: after a number, of some types, until the last number given."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, not_, or_, select

from gpd_soap.core.event import EventType
from gpd_soap.store import tables
from gpd_soap.store.events.read import COLUMNS, StoredEvent

EVENT, FEED = tables.event.c, tables.feed.c
#: The end of a type that means every type that begins with it.
GROUP = "."


class Bounds(NamedTuple):
    """The cursors of a feed: before the oldest event that is kept, and after the newest."""

    first: int
    last: int


class FeedEnd(NamedTuple):
    """An organization with the number of its last event."""

    organization: str
    last: int


def bounds(connection: Connection, organization: str) -> Bounds:
    """Returns the cursors between which a feed can be read."""
    feed = select(FEED.last).where(FEED.organization == organization)
    last = connection.execute(feed).scalar() or 0
    oldest = select(func.min(EVENT.sequence)).where(
        EVENT.organization == organization, EVENT.sequence.is_not(None)
    )
    first = connection.execute(oldest).scalar()
    return Bounds(last if first is None else min(first - 1, last), last)


def after(
    connection: Connection,
    organization: str,
    cursor: int,
    until: int,
    limit: int,
    *conditions: ColumnElement[bool],
) -> list[StoredEvent]:
    """Returns the first events after `cursor` and until `until`, at most `limit`."""
    statement = (
        select(*COLUMNS)
        .where(
            EVENT.organization == organization,
            EVENT.sequence > cursor,
            EVENT.sequence <= until,
            *conditions,
        )
        .order_by(EVENT.sequence)
        .limit(limit)
    )
    return [StoredEvent._make(row) for row in connection.execute(statement)]


def of_types(types: Collection[str]) -> list[ColumnElement[bool]]:
    """Returns the condition that an event has one of these types; none for no types.

    `receipt.` means every type that begins so.
    """
    if not types:
        return []
    single = [each for each in types if not each.endswith(GROUP)]
    groups = [EVENT.type.startswith(each, autoescape=True) for each in types if each not in single]
    return [or_(EVENT.type.in_(single), *groups)]


def of_subscription(subscription: str, types: Collection[str]) -> ColumnElement[bool]:
    """Returns the condition that a subscription to these types receives an event.

    Its own test is one, whatever the types, and that of another subscription never.
    """
    is_test = EVENT.type == EventType.SUBSCRIPTION_TEST
    own = and_(is_test, EVENT.subject == subscription)
    return or_(own, and_(not_(is_test), *of_types(types)))


def ends(
    connection: Connection, organizations: Collection[str] | None, after_code: str, limit: int
) -> list[FeedEnd]:
    """Returns feeds in the order of their organizations, after a code; None means all of them.

    Only organizations that have a numbered event have a feed.
    """
    statement = select(FEED.organization, FEED.last).where(FEED.organization > after_code)
    if organizations is not None:
        statement = statement.where(FEED.organization.in_(organizations))
    rows = connection.execute(statement.order_by(FEED.organization).limit(limit))
    return [FeedEnd._make(row) for row in rows]
