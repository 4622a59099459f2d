"""Values of a form as people type them: amounts, days, reasons."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from gpd_soap.console.notices.refused import Problem, problem
from gpd_soap.core import money, rome
from gpd_soap.core.text import clean
from gpd_soap.validation.finding import validate
from gpd_soap.validation.queries.positions import Reason

#: Thousands, or three decimals that no amount has.
_AMBIGUOUS = re.compile(r"[0-9]{1,3}[.,][0-9]{3}")
_TYPED_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


class Unfit(Exception):
    """A field does not hold what it should: see `problem`."""

    def __init__(self, field: str, rule: str) -> None:
        """Keep what is said about the field."""
        super().__init__(field)
        self.problem: Problem = problem(field, rule)


def day_of(text: str, field: str) -> date:
    """Return the day of a field, as a browser sends it or as a person types it.

    Raises Unfit for any other text.

    >>> day_of("2026-12-11", "due"), day_of("11/12/2026", "due")
    (datetime.date(2026, 12, 11), datetime.date(2026, 12, 11))
    """
    typed = clean(text)
    if not typed:
        raise Unfit(field, "required")
    match = _TYPED_DAY.fullmatch(typed)
    if match is not None:
        typed = f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
    try:
        return rome.parse_day(typed)
    except ValueError:
        raise Unfit(field, "date") from None


def cents_of(text: str, field: str = "amount") -> int:
    """Return the cents of an amount that a person typed.  Raises Unfit for any other text.

    >>> cents_of("1.234,50"), cents_of("60")
    (123450, 6000)
    """
    if not clean(text):
        raise Unfit(field, "required")
    try:
        return money.from_person(clean(text))
    except ValueError:
        rule = "thousands" if _AMBIGUOUS.fullmatch(clean(text)) else "euro"
        raise Unfit(field, rule) from None


def typed_amount(cents: int) -> str:
    """Return an amount as a person types it in a field.

    >>> typed_amount(123450)
    '1234,50'
    """
    return f"{cents // 100},{cents % 100:02}"


def reason_of(text: str, field: str = "reason") -> str:
    """Return the reason that a person typed.  Raises Unfit if there is none that can be kept."""
    result = validate(Reason, {"reason": text})
    if isinstance(result, Reason):
        return result.reason
    raise Unfit(field, "required" if not clean(text) else result[0].rule)


def payment_instant(day: date, now: datetime) -> datetime:
    """Return the instant of a payment of which only the day is known: noon, or now on this day."""
    noon = rome.parse_instant(f"{day.isoformat()}T12:00:00")
    return min(noon, now) if day == rome.day_of(now) else noon


def digest(form: Mapping[str, str], names: Sequence[str]) -> str:
    """Return a text that differs whenever one of these fields does."""
    values = [form.get(name, "") for name in names]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32]
