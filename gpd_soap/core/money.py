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
