"""The parts of a story: moments, attempts to pay, and days."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from gpd_soap.store.journal.entries import Entry
from gpd_soap.store.receipts.of_notice import NoticeReceipt


class Kind(StrEnum):
    """What happened, or is expected to happen."""

    CREATED = "created"
    PUBLISHED = "published"
    UPDATED = "updated"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    PAID_ELSEWHERE = "paid-elsewhere"
    PRINTED = "printed"
    FEE_CHANGED = "fee-changed"
    REPORTED = "reported"
    FORGOTTEN = "forgotten"
    CASE_OPENED = "case-opened"
    CASE_RESOLVED = "case-resolved"
    BECAME_VALID = "became-valid"
    EXPIRED = "expired"
    PAST_DUE = "past-due"
    VERIFIED = "verified"
    PAYMENT_STARTED = "payment-started"
    OPTIONS_SHOWN = "options-shown"
    ISSUED = "issued"
    REFUSED = "refused"
    FAILED = "failed"
    RECEIPT = "receipt"
    NO_RECEIPT = "no-receipt"
    WILL_BE_VALID = "will-be-valid"
    WILL_EXPIRE = "will-expire"
    WILL_BE_DUE = "will-be-due"
    DUE_AND_PAID = "due-and-paid"
    RECEIPT_AWAITED = "receipt-awaited"


class Cause(StrEnum):
    """Why the Node was refused, as a person at a counter needs to know it."""

    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    DRAFT = "draft"
    NOT_YET_VALID = "not-yet-valid"
    PAID = "paid"
    REPORTED = "reported"
    EXCLUDED = "excluded"
    EXPIRED = "expired"
    ORGANIZATION = "organization"
    BROKER = "broker"
    STATION = "station"
    STAMP = "stamp"
    POSTAL = "postal"
    CONTRACT = "contract"
    OURS = "ours"
    OTHER = "other"


class Difference(NamedTuple):
    """A value that changed: cents, an instant or a text, before and after; None where none was.

    `field` is amount, due, valid, account, plan, or one of the position's fields without values.
    """

    field: str
    before: int | datetime | str | None = None
    after: int | datetime | str | None = None


class Moment(NamedTuple):
    """One thing that happened, or several equal ones: `times` has the instant of each.

    `amount` is in cents.  `actor` is a name or an id of who did it, `actor_kind` its kind.
    `origin` says how a position came, `reason` is the text of a person.
    """

    happened_at: datetime
    kind: Kind
    amount: int | None = None
    actor: str | None = None
    actor_kind: str | None = None
    origin: str | None = None
    reason: str | None = None
    differences: tuple[Difference, ...] = ()
    cause: Cause | None = None
    entry: Entry | None = None
    receipt: NoticeReceipt | None = None
    times: tuple[datetime, ...] = ()

    @property
    def last_at(self) -> datetime:
        """The instant of the last of equal moments."""
        return self.times[-1] if self.times else self.happened_at


class AttemptEnd(StrEnum):
    """How an attempt to pay ended."""

    SUCCEEDED = "succeeded"
    ABANDONED = "abandoned"
    UNDER_WAY = "under-way"


class Attempt(NamedTuple):
    """An attempt to pay: its questions, and the receipt or the end of its time."""

    end: AttemptEnd
    moments: tuple[Moment, ...]

    @property
    def happened_at(self) -> datetime:
        """When it began."""
        return self.moments[0].happened_at

    @property
    def minutes(self) -> int:
        """How long it took, in whole minutes."""
        return round((self.moments[-1].last_at - self.happened_at).total_seconds() / 60)


Item: TypeAlias = Moment | Attempt


class Day(NamedTuple):
    """A day in Rome, and what happened on it."""

    day: date
    items: tuple[Item, ...]


class Story(NamedTuple):
    """What happened, day by day, and what is expected after `until`."""

    days: tuple[Day, ...]
    later: tuple[Day, ...]
    until: datetime
