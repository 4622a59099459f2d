"""Instalments: an amount divided to the exact cent, and a due date each month."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import NamedTuple

#: LIMIT: 36 instalments, three years of a plan that is made at a counter.
MOST = 36
MONTHS = 12


class Instalment(NamedTuple):
    """One instalment, in cents."""

    number: int
    amount: int
    due: date


def divide(amount: int, parts: int) -> list[int]:
    """Return an amount in equal parts; the cents that are left over go to the first ones.

    >>> divide(25000, 3), divide(10001, 4)
    ([8334, 8333, 8333], [2501, 2500, 2500, 2500])
    """
    each, left = divmod(amount, parts)
    return [each + (index < left) for index in range(parts)]


def months_later(day: date, months: int) -> date:
    """Return the same day of a later month, or its last day where the month is shorter.

    >>> months_later(date(2026, 12, 31), 2)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def instalments(amount: int, parts: int, first_due: date) -> list[Instalment]:
    """Return the instalments of an amount, the first due on a day and one each month after."""
    return [
        Instalment(index + 1, cents, months_later(first_due, index))
        for index, cents in enumerate(divide(amount, parts))
    ]
