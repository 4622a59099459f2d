"""How a notice stands now, and why: the decision of core.payable, and what is known beside it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.console.story.from_exchanges import cause_of
from gpd_soap.console.story.moments import Cause
from gpd_soap.core import rome
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.case_id import cause_in
from gpd_soap.core.event import EventType
from gpd_soap.core.payable import PayableFacts
from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.core.searching.notice_state import NoticeState, notice_state
from gpd_soap.store.receipts.of_notice import NoticeReceipt
from gpd_soap.usecases.notices.read import WholeNotice
from gpd_soap.usecases.positions.manage import ELSEWHERE

#: How long a refusal is news.
LATELY = timedelta(hours=24)


class NoticeStatus(StrEnum):
    """How a notice stands, in finer shades than the state that decides whether it is payable."""

    TO_PAY = "to-pay"
    PAST_DUE = "past-due"
    NOT_YET_VALID = "not-yet-valid"
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    EXCLUDED = "excluded"
    PAID = "paid"
    PAID_ELSEWHERE = "paid-elsewhere"
    PAID_TO_REVIEW = "paid-to-review"
    PAID_TWICE = "paid-twice"
    PAID_AND_REPORTED = "paid-and-reported"
    REPORTED_ALONE = "reported-alone"


class Tone(StrEnum):
    """The colour of a state, which comes third after its shape and its word."""

    GOOD = "good"
    BAD = "bad"
    CARE = "care"
    QUIET = "quiet"
    PLAIN = "plain"


#: The colour and the shape of each state.
SIGNS = {
    NoticeStatus.TO_PAY: (Tone.PLAIN, "topay"),
    NoticeStatus.PAST_DUE: (Tone.CARE, "topay"),
    NoticeStatus.NOT_YET_VALID: (Tone.QUIET, "clock"),
    NoticeStatus.DRAFT: (Tone.QUIET, "draft"),
    NoticeStatus.WITHDRAWN: (Tone.QUIET, "withdrawn"),
    NoticeStatus.EXPIRED: (Tone.BAD, "expired"),
    NoticeStatus.EXCLUDED: (Tone.QUIET, "excluded"),
    NoticeStatus.PAID: (Tone.GOOD, "paid"),
    NoticeStatus.PAID_ELSEWHERE: (Tone.GOOD, "paid"),
    NoticeStatus.PAID_TO_REVIEW: (Tone.CARE, "warn"),
    NoticeStatus.PAID_TWICE: (Tone.CARE, "double"),
    NoticeStatus.PAID_AND_REPORTED: (Tone.GOOD, "reported"),
    NoticeStatus.REPORTED_ALONE: (Tone.GOOD, "reported"),
}
_OF_STATE = {
    NoticeState.PAID: NoticeStatus.PAID,
    NoticeState.NOT_YET_VALID: NoticeStatus.NOT_YET_VALID,
    NoticeState.DRAFT: NoticeStatus.DRAFT,
    NoticeState.WITHDRAWN: NoticeStatus.WITHDRAWN,
    NoticeState.EXPIRED: NoticeStatus.EXPIRED,
    NoticeState.EXCLUDED: NoticeStatus.EXCLUDED,
    NoticeState.REPORTED: NoticeStatus.REPORTED_ALONE,
}


class PaidInstead(NamedTuple):
    """The notice of the same debt that was paid in place of another."""

    nav: str
    paid_at: datetime | None


class Refused(NamedTuple):
    """A refusal of the last day."""

    refused_at: datetime
    cause: Cause


class Withdrawal(NamedTuple):
    """Who withdrew a notice, when and why; without an event only when."""

    withdrawn_at: datetime
    actor: str | None
    actor_kind: str | None
    reason: str | None


class Verdict(NamedTuple):
    """How a notice stands, with what its sentence needs; None for what it does not need.

    `days` are those since the due date.  `refused` has the refusals of the last day, the oldest
    first, of whatever cause.  `opened` is the receipt on which a person opened a case that is open.
    """

    standing: NoticeStatus
    days: int | None = None
    receipt: NoticeReceipt | None = None
    paid_on: datetime | None = None
    second: NoticeReceipt | None = None
    paid_instead: PaidInstead | None = None
    withdrawal: Withdrawal | None = None
    refused: tuple[Refused, ...] = ()
    opened: NoticeReceipt | None = None

    @property
    def tone(self) -> Tone:
        """The colour; what could be paid and was refused needs care."""
        tone = SIGNS[self.standing][0]
        return Tone.CARE if tone is Tone.PLAIN and self.refused else tone

    @property
    def icon(self) -> str:
        """The name of the shape."""
        return SIGNS[self.standing][1]


def verdict(notice: WholeNotice, now: datetime) -> Verdict:
    """Returns how a notice stands at `now`."""
    standing = standing_of(notice, now)
    option, progress = notice.option, notice.progress
    late = (rome.day_of(now) - rome.day_of(option.due_at)).days
    paying = [each for each in notice.receipts if each.receipt_id == progress.receipt_id]
    return Verdict(
        standing,
        days=late if standing in (NoticeStatus.EXPIRED, NoticeStatus.PAST_DUE) else None,
        receipt=paying[0] if paying else None,
        paid_on=progress.payment_date or progress.paid_at,
        second=_second(notice),
        paid_instead=_paid_instead(notice) if standing is NoticeStatus.EXCLUDED else None,
        withdrawal=_withdrawal(notice) if standing is NoticeStatus.WITHDRAWN else None,
        refused=tuple(
            Refused(each.arrived_at, cause_of(each.fault, each.rule))
            for each in notice.entries
            if each.outcome == "KO" and now - each.arrived_at <= LATELY
        ),
        opened=next((r for r in notice.receipts if r.is_open and cause_in(r.reasons)), None),
    )


def standing_of(notice: WholeNotice, now: datetime) -> NoticeStatus:
    """Returns how a notice stands at `now`."""
    standing = standing_by_facts(notice.facts, now)
    return _paid(notice) if standing is NoticeStatus.PAID else standing


def standing_by_facts(facts: PayableFacts, now: datetime) -> NoticeStatus:
    """Returns how a notice stands at `now`, by what decides whether it can be paid alone."""
    state = notice_state(facts, now)
    if state is NoticeState.PAYABLE:
        return NoticeStatus.PAST_DUE if facts.due_at < now else NoticeStatus.TO_PAY
    return _OF_STATE[state]


def _paid(notice: WholeNotice) -> NoticeStatus:
    """Returns how a paid notice stands: what a person must see to comes before what is well."""
    if _second(notice) is not None:
        return NoticeStatus.PAID_TWICE
    review = ReceiptStatus.REVIEW
    if any(each.kept == review and each.is_open for each in notice.receipts):
        return NoticeStatus.PAID_TO_REVIEW
    reported = notice.progress.reported
    if reported and all(reported):
        return NoticeStatus.PAID_AND_REPORTED
    elsewhere = notice.progress.receipt_id == ELSEWHERE
    return NoticeStatus.PAID_ELSEWHERE if elsewhere else NoticeStatus.PAID


def _second(notice: WholeNotice) -> NoticeReceipt | None:
    """Returns the first double payment that nobody has seen to, or None."""
    doubles = [each for each in notice.receipts if each.kept == ReceiptStatus.DOUBLE]
    return next((each for each in doubles if each.is_open), None)


def _paid_instead(notice: WholeNotice) -> PaidInstead | None:
    stored, plan = notice.stored, notice.option.plan
    pairs = zip(stored.position.options, stored.progress, strict=True)
    settled = [
        PaidInstead(option.nav, progress.payment_date or progress.paid_at)
        for option, progress in pairs
        if progress.settled and (plan is None or option.plan != plan)
    ]
    return settled[0] if settled else None


def _withdrawal(notice: WholeNotice) -> Withdrawal | None:
    withdrawn_at = notice.stored.position.withdrawn_at
    if withdrawn_at is None:
        return None
    events = [each for each in notice.events if each.type == EventType.POSITION_WITHDRAWN]
    if not events:
        return Withdrawal(withdrawn_at, None, None, None)
    last = events[-1]
    actor = Actor(ActorKind(last.actor_kind), last.actor)
    name = notice.actors.get(actor, last.actor)
    return Withdrawal(withdrawn_at, name, last.actor_kind, last.data.get("reason"))
