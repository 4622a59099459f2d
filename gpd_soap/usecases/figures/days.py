"""Days of Rome as windows of instants, and sums of hours by day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from gpd_soap.core import rome
from gpd_soap.store.journal.figures import Answered

Window = tuple[datetime, datetime]


def begin_of(day: date) -> datetime:
    """Returns the first instant of a day in Rome, in UTC."""
    return datetime.combine(day, time.min, rome.ROME).astimezone(UTC)


def days_until(last: date, count: int) -> list[date]:
    """Returns this many days in their order, of which `last` is the last."""
    return [last - timedelta(days=back) for back in range(count - 1, -1, -1)]


def same_day_last_year(day: date) -> date:
    """Returns the day of the same weekday 52 weeks before."""
    return day - timedelta(weeks=52)


def by_day(hours: Iterable[Answered]) -> dict[date, tuple[int, int]]:
    """Returns the exchanges and those within 2 seconds, by day of Rome."""
    sums: dict[date, tuple[int, int]] = {}
    for each in hours:
        day = rome.day_of(each.hour)
        exchanges, within = sums.get(day, (0, 0))
        sums[day] = exchanges + each.exchanges, within + each.within_2_s
    return sums


def until_same_time(now: datetime, days: Iterable[date]) -> list[Window]:
    """Returns for each of these days the window from its beginning to the hour of `now`.

    The hour that has begun counts whole, because the tally has no part of one.
    """
    local = now.astimezone(rome.ROME)
    end = (local + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0).time()
    windows = []
    for day in days:
        last = day + timedelta(days=1) if end == time.min else day
        windows.append((begin_of(day), datetime.combine(last, end, rome.ROME).astimezone(UTC)))
    return windows
