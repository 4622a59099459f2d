"""Dates that XML Schema allows and libxml2 refuses.

They have blanks around, a year of many digits, or a second that rounds to the 60th, as 59.9… does.

Source: XML Schema 1.0 part 2, 3.2.7 (dateTime), 3.2.9 (date) and 4.3.6 (whiteSpace).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gpd_soap.contract.parsing import SPACE

if TYPE_CHECKING:
    from lxml import etree

    from gpd_soap.contract.grammar import Grammar

_DATE = re.compile(
    r"-?(?P<year>[1-9][0-9]{4,}|(?!0000)[0-9]{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-9]{2})"
    r"(?P<time>T(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?))?"
    r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
)
FEBRUARY = 2
#: The number of days in each month of a leap year.
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

#: A value of each type that libxml2 accepts.
PLAIN = {"xsd:date": "2000-01-01", "xsd:dateTime": "2000-01-01T00:00:00"}


@contextmanager
def replaced_dates(payload: etree._Element, grammar: Grammar) -> Iterator[bool]:
    """Replace every valid date of a payload by a plain one until the end of the `with` block.

    Yields whether any was replaced.
    """
    dates = list(_dates(payload, grammar.type_at(str(payload.tag), []), grammar))
    texts = [element.text for element, _ in dates]
    for element, plain in dates:
        element.text = plain
    try:
        yield bool(dates)
    finally:
        for (element, _), text in zip(dates, texts, strict=True):
            element.text = text


def is_date(text: str, kind: str) -> bool:
    """Return whether a text is a value of this type, `xsd:date` or `xsd:dateTime`."""
    match = _DATE.fullmatch(text.strip(SPACE))
    if match is None or (match["time"] is None) != (kind == "xsd:date"):
        return False
    month, day = int(match["month"]), int(match["day"])
    # WHY: the Gregorian calendar repeats after 400 years, and 10,000 is a multiple of 400.
    year = int(match["year"][-4:])
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= day <= (28 if month == FEBRUARY and not is_leap else _DAYS[month - 1])


def _dates(
    element: etree._Element, kind: str, grammar: Grammar
) -> Iterator[tuple[etree._Element, str]]:
    """Yield each descendant with a valid date, and the plain date of its type."""
    for child in element:
        of = grammar.child(kind, str(child.tag))
        if len(child):
            yield from _dates(child, of, grammar)
            continue
        base, text = grammar.expected(of, "datatype"), child.text or ""
        if base in PLAIN and is_date(text, base):
            yield child, PLAIN[base]
