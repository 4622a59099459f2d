"""Amounts to and from the wire: integer cents in memory, euros with two decimals in a message.

WHY: each message converts several amounts, so these are plain functions over int.
Source: Money, rules 1 and 2.
"""

from __future__ import annotations

import re

# SPEC: XSD: stAmount ends at 999999999.99; stAmountNotZero, the amount of a debt, starts at 0.01.
MAX_CENTS = 99_999_999_999
MIN = 1

# WHY: the possessive `0*+` does not backtrack, so leading zeros cost linear time.
# Nine digits after them are the limit of stAmount.
_AMOUNT = re.compile(r"(?=[0-9])0*+([0-9]{0,9})\.([0-9]{2})")
_XML_SPACE = " \t\r\n"

# LIMIT: 12 digits of euro, more than stAmount carries.
_DECIMAL = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,2}))?")
_GROUPED = re.compile(
    r"([0-9]{1,3}(?:\.[0-9]{3}){1,3})(?:,([0-9]{1,2}))?"
    r"|([0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.([0-9]{1,2}))?"
)
# WHY: the separator may group thousands, or begin decimals that a spreadsheet did not round.
_AMBIGUOUS = re.compile(r"[0-9]{1,3}[.,][0-9]{3}")


def to_wire(cents: int) -> str:
    """Return an amount of cents as a message writes it: 1250 is "12.50".

    Zero is accepted, because a fee may be zero.  Raises ValueError if stAmount cannot carry it.
    """
    if not 0 <= cents <= MAX_CENTS:
        raise ValueError(f"amount of {cents} cents: expected 0 to {MAX_CENTS}")
    return f"{cents // 100}.{cents % 100:02d}"


def from_wire(text: str) -> int:
    """Return an amount of a message in cents: "12.50" is 1250.

    Leading zeros and XML white space are accepted.  Raises ValueError for any other form, for
    digits that are not ASCII, and above `MAX_CENTS`.
    """
    match = _AMOUNT.fullmatch(text.strip(_XML_SPACE))
    if match is None:
        raise ValueError("amount: expected digits, a point and two digits, up to 999999999.99")
    return int(match[1] + match[2])


def cents(euro: str, decimals: str | None) -> int:
    """Return the cents of an amount by its digits: those of the euro, and none to two decimals."""
    return int(euro) * 100 + int((decimals or "").ljust(2, "0"))


def from_person(text: str) -> int:
    """Return an amount in euro as a person or a spreadsheet writes it, in cents.

    "16", "16,7", "16.70", "1.234,56", "1,234.56" and "€ 12,50" are such amounts.  Raises ValueError
    for any other form; "1.234" is refused, because it may mean 1234 euro or a little more than one.
    """
    amount = text.strip().removeprefix("€").removesuffix("€").strip()
    if _AMBIGUOUS.fullmatch(amount):
        digits = amount.replace(".", "").replace(",", "")
        raise ValueError(f"expected two decimals, such as {digits},00 for thousands")
    match = _DECIMAL.fullmatch(amount) or _GROUPED.fullmatch(amount)
    if match is None:
        raise ValueError("expected an amount in euro, such as 12,50 or 1.234,56")
    euro, decimals = (match[1], match[2]) if match[1] else (match[3], match[4])
    return cents(re.sub("[.,]", "", euro), decimals)
