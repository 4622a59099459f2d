"""What to say to a payer on the telephone, also about what the Node refuses by itself.

The Node answers some requests without asking us: while another attempt holds the notice, and when
it knows a payment whose receipt has not arrived.  The journal has nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.console.story.moments import (
    Attempt,
    AttemptEnd,
    Cause,
    Day,
    Kind,
    Moment,
    Story,
)
from gpd_soap.console.story.verdict import NoticeStatus, Verdict
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.store.journal.entries import Entry
from gpd_soap.usecases.notices.read import WholeNotice

#: SPEC: SANP "Livelli di servizio": the Node waits 7 seconds for an answer.
SLOW = timedelta(seconds=7)
#: What happened before this is not what a payer calls about.
LATELY = timedelta(days=7)
#: States in which the notice can be paid with the paper that the payer has.
PAYABLE = (NoticeStatus.TO_PAY, NoticeStatus.PAST_DUE)
PAID = (
    NoticeStatus.PAID,
    NoticeStatus.PAID_ELSEWHERE,
    NoticeStatus.PAID_TO_REVIEW,
    NoticeStatus.PAID_TWICE,
    NoticeStatus.PAID_AND_REPORTED,
    NoticeStatus.REPORTED_ALONE,
)


class Question(StrEnum):
    """What a payer may say or ask; the page has the answer to each."""

    UNDER_WAY = "under-way"
    SAYS_PAID = "says-paid"
    SAYS_UNKNOWN = "says-unknown"
    TRIED_AGAIN = "tried-again"
    NOT_FINISHED = "not-finished"
    ACCOUNT = "account"
    TOO_SLOW = "too-slow"
    CONFIGURATION = "configuration"
    REFUSED_BEFORE = "refused-before"
    ALL_AT_ONCE = "all-at-once"
    PAY_MORE = "pay-more"
    PAID_ALREADY = "paid-already"
    NEW_PAPER = "new-paper"
    MONEY_BACK = "money-back"


class Answer(NamedTuple):
    """A question, with the instant and the amount that its answer names, if it names any."""

    question: Question
    instant: datetime | None = None
    cents: int | None = None


class Call(NamedTuple):
    """What to say first, and the answers to what may follow.

    `under_way_until` is the instant before which the Node refuses because of another attempt.
    """

    standing: NoticeStatus
    under_way_until: datetime | None
    answers: tuple[Answer, ...]


def call_about(notice: WholeNotice, verdict: Verdict, story: Story) -> Call:
    """Returns what to say about a notice at the end of its story."""
    now = story.until
    attempts = [*_attempts(story.days)]
    until = None
    if story.later and verdict.standing in PAYABLE:
        awaited = [each for each in _moments(story.later) if each.kind is Kind.RECEIPT_AWAITED]
        until = awaited[0].happened_at if awaited else None
    answers = [
        *_of_attempts(verdict, attempts, until, now),
        *_of_exchanges(notice, verdict, now),
        *_of_standing(notice, verdict),
    ]
    return Call(verdict.standing, until, tuple(answers))


def _of_attempts(
    verdict: Verdict, attempts: list[Attempt], until: datetime | None, now: datetime
) -> Iterator[Answer]:
    """Yields the answers about payments that began and did not end."""
    if until is not None:
        yield Answer(Question.UNDER_WAY, until)
    recent = [each for each in attempts if now - each.happened_at <= LATELY]
    abandoned = [each for each in recent if each.end is AttemptEnd.ABANDONED]
    if abandoned:
        yield Answer(Question.NOT_FINISHED, abandoned[-1].happened_at)
    if abandoned and verdict.standing in PAYABLE and abandoned[-1] is attempts[-1]:
        yield Answer(Question.ACCOUNT, abandoned[-1].happened_at)


def _of_exchanges(notice: WholeNotice, verdict: Verdict, now: datetime) -> Iterator[Answer]:
    """Yields the answers about what the journal has of the last days, or has not."""
    recent = [each for each in notice.entries if now - each.arrived_at <= LATELY]
    if verdict.standing in PAYABLE:
        yield Answer(Question.SAYS_PAID)
        if not recent:
            yield Answer(Question.SAYS_UNKNOWN)
    after = [each for each in verdict.refused if each.cause in (Cause.PAID, Cause.REPORTED)]
    if verdict.standing in PAID and after:
        yield Answer(Question.TRIED_AGAIN, after[-1].refused_at)
    other = [each for each in verdict.refused if each.cause not in (Cause.PAID, Cause.REPORTED)]
    causes = {each.cause for each in other}
    if causes & {Cause.ORGANIZATION, Cause.BROKER, Cause.STATION, Cause.CONTRACT}:
        yield Answer(Question.CONFIGURATION)
    elif other and verdict.standing in PAYABLE:
        yield Answer(Question.REFUSED_BEFORE, other[-1].refused_at)
    slow = [each for each in recent if _was_lost(each)]
    if slow:
        yield Answer(Question.TOO_SLOW, slow[-1].arrived_at)


def _of_standing(notice: WholeNotice, verdict: Verdict) -> Iterator[Answer]:
    """Yields the answers that only depend on how the notice stands."""
    if verdict.standing is NoticeStatus.EXPIRED:
        yield Answer(Question.PAY_MORE, cents=notice.amount)
        yield Answer(Question.PAID_ALREADY)
        yield Answer(Question.NEW_PAPER)
    if verdict.standing is NoticeStatus.PAST_DUE:
        yield Answer(Question.PAY_MORE, cents=notice.amount)
    if verdict.standing is NoticeStatus.WITHDRAWN:
        yield Answer(Question.PAID_ALREADY)
    if verdict.standing is NoticeStatus.PAID_TWICE:
        yield Answer(Question.MONEY_BACK)
    left = remaining(notice)
    if notice.option.plan is not None and left:
        yield Answer(Question.ALL_AT_ONCE, cents=left)


def remaining(notice: WholeNotice) -> int:
    """Return what is left to pay of the plan of a notice, in cents."""
    stored = notice.stored
    pairs = zip(stored.position.options, stored.progress, strict=True)
    return sum(
        option.amount + progress.notification_fee
        for option, progress in pairs
        if option.plan == notice.option.plan and not progress.settled
    )


def _was_lost(entry: Entry) -> bool:
    """Returns whether the Node gave an answer up: it came too late, or was a failure of ours."""
    slow = entry.microseconds >= SLOW.total_seconds() * 1_000_000
    return slow or (entry.outcome not in ("OK", "KO") and entry.operation != NOT_GIVEN)


def _moments(days: tuple[Day, ...]) -> Iterator[Moment]:
    for day in days:
        yield from (item for item in day.items if isinstance(item, Moment))


def _attempts(days: tuple[Day, ...]) -> Iterator[Attempt]:
    for day in days:
        yield from (item for item in day.items if isinstance(item, Attempt))
