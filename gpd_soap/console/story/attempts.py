"""Attempts to pay: the questions of one payer, and the receipt, or none, that followed.

The Node says neither who asks nor by which bank, so that questions are joined by time alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gpd_soap.console.story.moments import Attempt, AttemptEnd, Item, Kind, Moment

#: SPEC: SANP: the token of a payment lives 30 minutes at most.
TOKEN_LIFE = timedelta(minutes=30)
#: What may stand inside an attempt; anything else keeps its own line.
QUESTIONS = (Kind.VERIFIED, Kind.PAYMENT_STARTED, Kind.OPTIONS_SHOWN, Kind.REFUSED, Kind.FAILED)


def with_attempts(moments: Sequence[Moment], now: datetime) -> list[Item]:
    """Returns the moments in their order, with those of each attempt to pay joined."""
    items: list[Item] = []
    left = list(moments)
    while left:
        start = next((n for n, each in enumerate(left) if each.kind is Kind.PAYMENT_STARTED), None)
        if start is None:
            break
        begin = start
        while begin and _leads(left[begin - 1], left[start].happened_at):
            begin -= 1
        attempt, others = _attempt(left[begin:], start - begin, now)
        items += [*left[:begin], attempt]
        left = others
    return [*items, *left]


def _attempt(moments: Sequence[Moment], start: int, now: datetime) -> tuple[Attempt, list[Moment]]:
    """Returns the attempt whose first payment is at `start`, and the moments that are not of it."""
    asked_at = moments[start].happened_at
    until = asked_at + TOKEN_LIFE
    inside, others = list(moments[: start + 1]), list(moments[start + 1 :])
    paying = next((each for each in others if _pays(each, asked_at, until)), None)
    end = until if paying is None else min(until, paying.happened_at)
    questions = [each for each in others if each.kind in QUESTIONS and each.happened_at <= end]
    others = [each for each in others if each not in questions and each is not paying]
    inside += questions
    if paying is not None:
        return Attempt(AttemptEnd.SUCCEEDED, (*inside, paying)), others
    if now <= until:
        return Attempt(AttemptEnd.UNDER_WAY, tuple(inside)), others
    over = Moment(until, Kind.NO_RECEIPT)
    return Attempt(AttemptEnd.ABANDONED, (*inside, over)), others


def _leads(moment: Moment, asked_at: datetime) -> bool:
    """Returns whether a verify before a payment belongs to its attempt."""
    return moment.kind is Kind.VERIFIED and asked_at - moment.happened_at <= TOKEN_LIFE


def _pays(moment: Moment, asked_at: datetime, until: datetime) -> bool:
    """Returns whether a receipt is of a payment that began at `asked_at`.

    A receipt that comes late counts by the instant of its payment.
    """
    receipt = moment.receipt
    if moment.kind is not Kind.RECEIPT or receipt is None or receipt.outcome != "OK":
        return False
    instants = (receipt.received_at, receipt.paid_at)
    # WHY: the clock of a bank may be a minute behind ours.
    first = asked_at - timedelta(minutes=1)
    return any(instant is not None and first <= instant <= until for instant in instants)
