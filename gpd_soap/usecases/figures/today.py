"""What an organization's first page shows: cases, money, payments by day, what falls due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from gpd_soap.core import rome
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.journal import figures
from gpd_soap.store.positions import due as due_dates
from gpd_soap.store.receipts import money, queue
from gpd_soap.store.receipts.money import Money
from gpd_soap.store.receipts.queue import Waiting
from gpd_soap.usecases.figures import days

#: LIMIT: days of a chart, and weeks of another; as many as fit a page.
DAYS, WEEKS = 30, 8


class MoneyToday(NamedTuple):
    """The money of today until now, and that of yesterday until the same time."""

    today: Money
    yesterday: Money


class DayCount(NamedTuple):
    """The receipts that were accepted on a day; None if nothing is counted of that day yet."""

    day: date
    receipts: int
    year_before: int | None


class DueDay(NamedTuple):
    """What falls due on a day, or in the week that begins on it; the amount is in cents."""

    day: date
    notices: int
    amount: int


class DueSoon(NamedTuple):
    """What falls due by day or by week; `more` if only the first notices were read."""

    days: list[DueDay]
    more: bool

    @property
    def notices(self) -> int:
        """How many notices there are in all."""
        return sum(each.notices for each in self.days)

    @property
    def amount(self) -> int:
        """The amounts of all in cents."""
        return sum(each.amount for each in self.days)


def waiting(database: Database, organization: str, now: datetime) -> list[Waiting]:
    """Returns the open cases by kind."""
    return read_only(database, lambda c: queue.waiting(c, organization, now))


def money_today(database: Database, organization: str, now: datetime) -> MoneyToday:
    """Returns the money of today and of yesterday."""
    day = rome.day_of(now)
    begun, before = days.begin_of(day), days.begin_of(day - timedelta(days=1))

    def work(connection: Transaction) -> MoneyToday:
        yesterday = money.taken(connection, organization, before, before + (now - begun))
        return MoneyToday(money.taken(connection, organization, begun, now), yesterday)

    return read_only(database, work)


def payments_by_day(database: Database, organization: str, now: datetime) -> list[DayCount]:
    """Returns the receipts that were accepted on each of the last DAYS days."""
    shown = days.days_until(rome.day_of(now), DAYS)
    earlier = [days.same_day_last_year(day) for day in shown]

    def work(connection: Transaction) -> list[DayCount]:
        this_year = _receipts(connection, organization, shown)
        last_year = _receipts(connection, organization, earlier)
        return [
            DayCount(day, this_year.get(day, 0), last_year.get(before, 0) if last_year else None)
            for day, before in zip(shown, earlier, strict=True)
        ]

    return read_only(database, work)


def due_soon(database: Database, organization: str, now: datetime) -> tuple[DueSoon, DueSoon]:
    """Returns what falls due by day, and by week.

    The days are today and the six after it, without days of nothing; the weeks are the WEEKS weeks
    from today on.
    """
    today = rome.day_of(now)
    end = rome.end_of_day(today + timedelta(days=6))
    last = rome.end_of_day(today + timedelta(weeks=WEEKS, days=-1))
    rows, stopped_at = read_only(database, lambda c: due_dates.due(c, organization, now, last))
    by_day = _sums(
        (rome.day_of(row.due_at), row.notices, row.amount) for row in rows if row.due_at <= end
    )
    empty = [(today + timedelta(weeks=week), 0, 0) for week in range(WEEKS)]
    by_week = ((_week(today, row.due_at), row.notices, row.amount) for row in rows)
    is_short = stopped_at is not None and stopped_at <= end
    return DueSoon(by_day, is_short), DueSoon(_sums([*empty, *by_week]), stopped_at is not None)


def _week(today: date, instant: datetime) -> date:
    """Returns the first day of the week from today on that an instant is in."""
    return today + timedelta(weeks=(rome.day_of(instant) - today).days // 7)


def _sums(rows: Iterable[tuple[date, int, int]]) -> list[DueDay]:
    by_day: dict[date, DueDay] = {}
    for day, notices, amount in rows:
        before = by_day.get(day, DueDay(day, 0, 0))
        by_day[day] = DueDay(day, before.notices + notices, before.amount + amount)
    return sorted(by_day.values())


def _receipts(connection: Transaction, organization: str, shown: list[date]) -> dict[date, int]:
    first, last = days.begin_of(shown[0]), rome.end_of_day(shown[-1])
    hours = figures.receipts(connection, organization, first, last)
    return {day: counts[0] for day, counts in days.by_day(hours).items()}
