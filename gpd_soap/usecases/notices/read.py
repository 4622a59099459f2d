"""Gathers everything that is known of a notice, in few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.position import NewOption
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.events.of_notice import of_notice as events_of
from gpd_soap.store.events.read import StoredEvent
from gpd_soap.store.journal import entries
from gpd_soap.store.journal.entries import Entry, JournalQuery
from gpd_soap.store.people.actor_names import actor_names
from gpd_soap.store.positions import retired_numbers
from gpd_soap.store.positions.read import Progress, Stored
from gpd_soap.store.receipts.of_notice import NoticeReceipt
from gpd_soap.store.receipts.of_notice import of_notice as receipts_of
from gpd_soap.usecases import refusals
from gpd_soap.usecases.positions.finding import notice_of
from gpd_soap.usecases.positions.transitions import is_excluded

#: LIMIT: the newest 300 exchanges, 300 events and 50 receipts of a notice are shown; one that has
#: more was asked for by a machine, and the journal has the others.
MOST_ENTRIES, MOST_EVENTS, MOST_RECEIPTS = 300, 300, 50
#: How long before its creation a notice may have been asked for, by a payer who had its paper.
BEFORE_CREATION = timedelta(days=60)


class NoticeRetired(refusals.NoticeNotFound):
    """The notice was deleted, and its number is never used again."""

    def __init__(self, iupd: str, retired_at: datetime) -> None:
        """Keep its position and the instant."""
        super().__init__()
        self.iupd, self.retired_at = iupd, retired_at


class NoticeFacts(NamedTuple):
    """The facts of a notice that decide whether it can be paid (core.payable.PayableFacts)."""

    withdrawn_at: datetime | None
    published_at: datetime | None
    valid_from: datetime | None
    due_at: datetime
    switch_to_expired: bool
    paid_at: datetime | None
    reported_at: datetime | None
    alternative_paid: bool


class WholeNotice(NamedTuple):
    """A notice: its position, events, exchanges and receipts; `actors` has the names of who acted.

    `events`, `entries` and `receipts` begin with the oldest.
    """

    stored: Stored
    option_index: int
    events: Sequence[StoredEvent]
    entries: Sequence[Entry]
    receipts: Sequence[NoticeReceipt]
    actors: Mapping[Actor, str]

    @property
    def option(self) -> NewOption:
        """The notice itself."""
        return self.stored.position.options[self.option_index]

    @property
    def progress(self) -> Progress:
        """How far its payment is."""
        return self.stored.progress[self.option_index]

    @property
    def amount(self) -> int:
        """What is due, in cents: the base amount and the notification fee."""
        return self.option.amount + self.progress.notification_fee

    @property
    def facts(self) -> NoticeFacts:
        """What decides whether it can be paid."""
        return facts_of(self.stored, self.option_index)


def read(database: Database, organization: str, nav: str, now: datetime) -> WholeNotice:
    """Returns everything about a notice.

    Raises NoticeRetired if it was deleted, NoticeNotFound if the organization never had it.
    """

    def work(connection: Transaction) -> WholeNotice:
        try:
            stored, index = notice_of(connection, organization, nav, ("nav",))
        except refusals.NoticeNotFound:
            retired = retired_numbers.find_retired(connection, organization, [nav], [])
            if retired:
                raise NoticeRetired(retired[0].iupd, retired[0].retired_at) from None
            raise
        iupd = stored.position.iupd
        first = stored.created_at - BEFORE_CREATION
        query = JournalQuery(organization, first, now, MOST_ENTRIES, nav=nav)
        exchanges, _ = entries.page(connection, query)
        events = events_of(connection, organization, iupd, nav, MOST_EVENTS)
        return WholeNotice(
            stored,
            index,
            events,
            exchanges[::-1],
            receipts_of(connection, organization, nav, MOST_RECEIPTS),
            actor_names(connection, {_actor(event) for event in events}),
        )

    return read_only(database, work)


def facts_of(stored: Stored, index: int) -> NoticeFacts:
    """Returns what decides whether notice `index` of a position can be paid."""
    position, option, progress = stored.position, stored.position.options[index], stored.progress
    return NoticeFacts(
        withdrawn_at=position.withdrawn_at,
        published_at=position.published_at,
        valid_from=option.valid_from,
        due_at=option.due_at,
        switch_to_expired=option.switch_to_expired,
        paid_at=progress[index].paid_at,
        reported_at=progress[index].reported_at,
        alternative_paid=not progress[index].settled and is_excluded(stored, option.plan),
    )


def _actor(event: StoredEvent) -> Actor:
    return Actor(ActorKind(event.actor_kind), event.actor)
