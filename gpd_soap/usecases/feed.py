"""Reads the feed of an organization's events with a cursor, and lists the feeds of a key."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from gpd_soap.store.access.audit import Subject
from gpd_soap.store.access.keys import Key
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.events import feed, numbering
from gpd_soap.store.events.feed import FeedEnd
from gpd_soap.store.events.read import StoredEvent
from gpd_soap.store.retention.terms import organizations
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.record import Record

#: LIMIT: 2,000 events are numbered before a page is read, in four transactions.
MOST_BATCHES = 4
#: LIMIT: 20 organizations are numbered before feeds are listed; the background work has the others.
MOST_FEEDS = 20


class FeedQuery(NamedTuple):
    """The page of a feed to read.

    `cursor` is that of the page before, None for the oldest event kept.  `latest` asks for the
    newest cursor alone.
    """

    cursor: int | None
    limit: int
    types: tuple[str, ...] = ()
    latest: bool = False


class FeedPage(NamedTuple):
    """Events in their order, and the cursor of the page after them."""

    events: list[StoredEvent]
    next_cursor: int


def read(database: Database, organization: str, query: FeedQuery) -> FeedPage:
    """Returns a page of a feed; events that were just committed are numbered before.

    Raises CursorExpired if events after the cursor are no longer kept, and CursorAhead if the feed
    ends before it.
    """
    number(database, organization)

    def work(connection: Transaction) -> FeedPage:
        first, last = feed.bounds(connection, organization)
        if query.latest:
            return FeedPage([], last)
        cursor = first if query.cursor is None else query.cursor
        if cursor < first:
            raise refusals.CursorExpired(first)
        if cursor > last:
            # WHY: a restored backup ends before the cursors that were given after it.
            raise refusals.CursorAhead(first)
        events = feed.after(
            connection, organization, cursor, last, query.limit, *feed.of_types(query.types)
        )
        full = len(events) == query.limit
        return FeedPage(events, _number_of(events[-1]) if full else last)

    return read_only(database, work)


def leave_gaps(database: Database, record: Record) -> list[str]:
    """Makes the next event of every organization have a number that was never given.

    It is for a database that was restored from a backup.  Its feeds end before the cursors of
    readers; numbers given twice would be passed over by them.  Returns the organizations.
    """

    def work(connection: Transaction) -> list[str]:
        codes = organizations(connection)
        for code in codes:
            numbering.leave_gap(connection, code)
            record(connection, Subject(resource="restored"), code)
        return codes

    return in_transaction(database, work)


def number(database: Database, organization: str) -> None:
    """Numbers the events of an organization that were committed, unless another process does."""
    for _ in range(MOST_BATCHES):
        if numbering.number(database, organization) < numbering.BATCH:
            return


def of_key(database: Database, key: Key, after: str, limit: int) -> list[FeedEnd]:
    """Returns the feeds of the organizations of a key, in the order of their codes.

    Events that were just committed are numbered before, of a bounded number of organizations.
    """
    codes: Collection[str] | None = None if key.serves_every else key.organizations
    waiting = read_only(database, numbering.unnumbered)
    for code in [each for each in waiting if codes is None or each in codes][:MOST_FEEDS]:
        numbering.number(database, code)
    return read_only(database, lambda c: feed.ends(c, codes, after, limit))


def _number_of(event: StoredEvent) -> int:
    assert event.sequence is not None
    return event.sequence
