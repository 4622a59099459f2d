"""The story of a notice: facts, events, exchanges and the clock, in one order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby

from gpd_soap.console.story.attempts import TOKEN_LIFE, with_attempts
from gpd_soap.console.story.from_events import Amounts, from_events
from gpd_soap.console.story.from_exchanges import from_exchanges
from gpd_soap.console.story.moments import (
    Attempt,
    AttemptEnd,
    Day,
    Item,
    Kind,
    Moment,
    Story,
)
from gpd_soap.core import rome
from gpd_soap.usecases.notices.read import WholeNotice

#: Moments that fold where equal ones follow each other.
FOLDED = (Kind.VERIFIED, Kind.OPTIONS_SHOWN, Kind.REFUSED, Kind.FAILED, Kind.PAYMENT_STARTED)


def story_of(notice: WholeNotice, now: datetime) -> Story:
    """Returns what happened to a notice until `now`, and what is expected."""
    nav = notice.option.nav
    moments = [
        *_joined(from_events(notice.events, nav, notice.actors)),
        *_without_events(notice),
        *from_exchanges(notice.entries, Amounts(notice.events, nav)),
        *_receipts(notice),
        *_by_the_clock(notice, now),
    ]
    # WHY: what we did at an instant comes before what the Node asked at the same instant.
    moments.sort(key=lambda each: (each.happened_at, each.entry is not None))
    items = [_folded_attempt(each) for each in with_attempts(moments, now)]
    past = tuple(_days(_folded(items, _day(now))))
    return Story(past, tuple(_days([*_expected(notice, items, now)])), now)


def _joined(moments: Iterator[Moment]) -> Iterator[Moment]:
    """Yields the moments; a creation that publishes in the same transaction is one."""
    before: Moment | None = None
    for moment in moments:
        if before is not None and _is_one(before, moment):
            continue
        before = moment
        yield moment


def _is_one(before: Moment, moment: Moment) -> bool:
    same = before.happened_at == moment.happened_at
    return same and (before.kind, moment.kind) == (Kind.CREATED, Kind.PUBLISHED)


def _without_events(notice: WholeNotice) -> Iterator[Moment]:
    """Yields the creation and the withdrawal of a notice whose events are not kept."""
    kinds = {event.type for event in notice.events}
    if "position.created" not in kinds:
        yield Moment(notice.stored.created_at, Kind.CREATED)
    position = notice.stored.position
    if position.withdrawn_at is not None and "position.withdrawn" not in kinds:
        yield Moment(position.withdrawn_at, Kind.WITHDRAWN)


def _receipts(notice: WholeNotice) -> Iterator[Moment]:
    for receipt in notice.receipts:
        yield Moment(receipt.received_at, Kind.RECEIPT, receipt.amount, receipt=receipt)


def _by_the_clock(notice: WholeNotice, now: datetime) -> Iterator[Moment]:
    """Yields what time alone has done to a notice that was published."""
    option, position = notice.option, notice.stored.position
    if position.published_at is None:
        return
    valid = option.valid_from
    if valid is not None and notice.stored.created_at < valid <= now:
        yield Moment(valid, Kind.BECAME_VALID)
    if option.due_at <= now and not _was_over(notice, option.due_at):
        kind = Kind.EXPIRED if option.switch_to_expired else Kind.PAST_DUE
        yield Moment(option.due_at, kind)


def _was_over(notice: WholeNotice, instant: datetime) -> bool:
    """Returns whether a notice was paid or withdrawn before an instant, so that it did not pass."""
    ends = (
        notice.progress.paid_at,
        notice.progress.payment_date,
        notice.progress.reported_at,
        notice.stored.position.withdrawn_at,
    )
    return any(end is not None and end <= instant for end in ends)


def _expected(notice: WholeNotice, items: Sequence[Item], now: datetime) -> Iterator[Moment]:
    """Yields what is expected after `now`, the first first."""
    option, position = notice.option, notice.stored.position
    attempts = [each for each in items if isinstance(each, Attempt)]
    if attempts and attempts[-1].end is AttemptEnd.UNDER_WAY:
        started = [each for each in attempts[-1].moments if each.kind is Kind.PAYMENT_STARTED]
        yield Moment(started[0].happened_at + TOKEN_LIFE, Kind.RECEIPT_AWAITED)
    if position.withdrawn_at is not None:
        return
    if option.valid_from is not None and option.valid_from > now:
        yield Moment(option.valid_from, Kind.WILL_BE_VALID)
    if option.due_at > now:
        if notice.progress.settled:
            yield Moment(option.due_at, Kind.DUE_AND_PAID)
        else:
            kind = Kind.WILL_EXPIRE if option.switch_to_expired else Kind.WILL_BE_DUE
            yield Moment(option.due_at, kind)


def _folded_attempt(item: Item) -> Item:
    if isinstance(item, Moment):
        return item
    day = _day(item.happened_at)
    folded = [each for each in _folded(item.moments, day) if isinstance(each, Moment)]
    return item._replace(moments=tuple(folded))


def _folded(items: Sequence[Item], today: date) -> list[Item]:
    """Returns the items; equal neighbours are one, with the instant of each.

    Refusals before `today` are one also if days lie between them.
    """
    folded: list[Item] = []
    for item in items:
        last = folded[-1] if folded else None
        if isinstance(last, Moment) and isinstance(item, Moment) and _equal(last, item, today):
            times = (*(last.times or (last.happened_at,)), item.happened_at)
            folded[-1] = last._replace(times=times)
        else:
            folded.append(item)
    return folded


def _equal(one: Moment, other: Moment, today: date) -> bool:
    """Returns whether two moments say the same, on one day or, refused, on days before today."""
    if one.kind not in FOLDED or one.kind is not other.kind:
        return False
    same = (one.amount, one.cause) == (other.amount, other.cause)
    rules = {each.entry.rule for each in (one, other) if each.entry is not None}
    day = _day(other.happened_at)
    near = _day(one.last_at) == day or (one.kind is Kind.REFUSED and day < today)
    return same and len(rules) == 1 and near


def _days(items: Sequence[Item]) -> Iterator[Day]:
    for day, group in groupby(items, key=lambda each: _day(each.happened_at)):
        yield Day(day, tuple(group))


_day = rome.day_of
