"""Days in the filters of lists, of the years in which a debt can be."""

from __future__ import annotations

from datetime import date

from gpd_soap.core import rome
from gpd_soap.validation.fields import FIRST_YEAR, LAST_YEAR


def filter_day(text: str) -> date:
    """Return the day that a browser sends.  Raises ValueError for any other text.

    >>> filter_day("2026-12-11")
    datetime.date(2026, 12, 11)
    """
    day = rome.parse_day(text)
    # WHY: the first day of the first year begins in Rome before the calendar of the program.
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"expected a day of the years {FIRST_YEAR} to {LAST_YEAR}")
    return day
