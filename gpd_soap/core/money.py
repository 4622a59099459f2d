"""Money between the wire and us: integer cents in memory, euros with two digits in a message.

Plain functions over int, because every answer and every receipt passes here several times.
Source: stAmount and stAmountNotZero (spec/pagopa-ec.md 1.0); DESIGN 4, "money is integer cents".
"""

from __future__ import annotations

import re

# SPEC: stAmount ends at 999999999.99; what is asked of a payer (stAmountNotZero) starts at 0.01.
MAX_CENTS = 99_999_999_999
MIN = 1

# WHY: nine digits after the zeros are the limit itself, and no amount of zeros makes it slow.
_AMOUNT = re.compile(r"(?=[0-9])0*+([0-9]{0,9})\.([0-9]{2})")
_XML_SPACE = " \t\r\n"


def to_wire(cents: int) -> str:
    """Say an amount of cents as a message does: 1250 is "12.50".

    Zero can be said (a fee); ValueError for what stAmount cannot carry.
    """
    if not 0 <= cents <= MAX_CENTS:
        raise ValueError(f"amount of {cents} cents: expected 0 to {MAX_CENTS}")
    return f"{cents // 100}.{cents % 100:02d}"


def from_wire(text: str) -> int:
    """Hear an amount as cents: "12.50" is 1250; leading zeros and XML white space pass.

    ValueError for any other form, for digits that are not ASCII, and beyond `MAX_CENTS`.
    """
    match = _AMOUNT.fullmatch(text.strip(_XML_SPACE))
    if match is None:
        raise ValueError("amount: expected digits, a point and two digits, up to 999999999.99")
    return int(match[1] + match[2])
