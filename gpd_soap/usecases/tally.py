"""Reads the tally of exchanges by hour, by day or by month of Rome."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from gpd_soap.core import rome
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.journal import tally
from gpd_soap.store.journal.tally import KEY, Tally
from gpd_soap.usecases import refusals
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.queries.tally import TallyQuery

DEFAULT_WINDOW = timedelta(days=7)


class Period(StrEnum):
    """What is counted together."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


#: LIMIT: some thousand rows of an answer, and of a hundred thousand hours that are added up.
LONGEST = {
    Period.HOUR: timedelta(days=31),
    Period.DAY: timedelta(days=366),
    Period.MONTH: timedelta(days=366),
}


def read(
    database: Database, organization: str | None, query: TallyQuery, now: datetime
) -> list[Tally]:
    """Returns the tally of a window, in order; `hour` of each is the beginning of its period.

    A period that the window begins or ends in has its hours of the window alone.  Without an
    organization, the exchanges of all are counted together.  Raises Malformed for a window that
    ends before it begins, or that is too long.
    """
    period = Period(query.by)
    last = query.last or now
    first = query.first or last - DEFAULT_WINDOW
    if not timedelta(0) <= last - first <= LONGEST[period]:
        expected = f"not before `from`, and at most {LONGEST[period].days} days after it"
        raise refusals.Malformed([FieldError("to", "range", expected)])
    return read_only(database, lambda c: add_up(tally.read(c, organization, first, last), period))


def add_up(hours: Iterable[Tally], period: Period) -> list[Tally]:
    """Returns the sums of hours over periods of Rome, in the order of their keys."""
    sums: dict[tuple[object, ...], Tally] = {}
    for each in hours:
        begun = each._replace(hour=_begin(each.hour, period))
        key = begun[: len(KEY)]
        sums[key] = begun.plus(sums[key]) if key in sums else begun
    return sorted(sums.values())


def _begin(hour: datetime, period: Period) -> datetime:
    """Returns the beginning of the period of Rome that an hour is in."""
    if period is Period.HOUR:
        return hour
    local = hour.astimezone(rome.ROME).replace(hour=0)
    return local if period is Period.DAY else local.replace(day=1)
