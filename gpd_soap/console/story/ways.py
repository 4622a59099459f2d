"""The ways to pay a debt: at once, or by the installments of a plan."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gpd_soap.console.story.verdict import NoticeStatus, standing_by_facts
from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases.notices.read import facts_of


class Rate(NamedTuple):
    """One notice of a way to pay; `number` is None for a single payment."""

    nav: str
    number: int | None
    standing: NoticeStatus
    amount: int
    due_at: datetime
    paid_on: datetime | None


class Way(NamedTuple):
    """The notices with which a debt can be paid; those of one way are paid together."""

    plan: str | None
    rates: tuple[Rate, ...]

    @property
    def total(self) -> int:
        """What is due by this way, in cents."""
        return sum(rate.amount for rate in self.rates)

    @property
    def paid(self) -> int:
        """What was paid of it, in cents."""
        return sum(rate.amount for rate in self.rates if rate.paid_on is not None)

    def has(self, nav: str) -> bool:
        """Return whether a notice is one of this way."""
        return any(rate.nav == nav for rate in self.rates)


def ways_of(stored: Stored, now: datetime) -> tuple[Way, ...]:
    """Returns the ways to pay a position, in the order of their first notice."""
    plans: dict[object, list[Rate]] = {}
    for index, option in enumerate(stored.position.options):
        key = index if option.plan is None else option.plan
        rates = plans.setdefault(key, [])
        number = None if option.plan is None else len(rates) + 1
        rates.append(_rate(stored, index, number, now))
    return tuple(
        Way(key if isinstance(key, str) else None, tuple(rates)) for key, rates in plans.items()
    )


def number_in_plan(ways: tuple[Way, ...], nav: str) -> tuple[int, int] | None:
    """Return the number of an installment and how many there are; None for a single payment."""
    for way in ways:
        for rate in way.rates:
            if rate.nav == nav and rate.number is not None:
                return rate.number, len(way.rates)
    return None


def _rate(stored: Stored, index: int, number: int | None, now: datetime) -> Rate:
    option, progress = stored.position.options[index], stored.progress[index]
    standing = standing_by_facts(facts_of(stored, index), now)
    if standing is NoticeStatus.PAID and progress.reported and all(progress.reported):
        standing = NoticeStatus.PAID_AND_REPORTED
    return Rate(
        option.nav,
        number,
        standing,
        option.amount + progress.notification_fee,
        option.due_at,
        progress.payment_date or progress.paid_at or progress.reported_at,
    )
