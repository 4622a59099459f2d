"""What a text in a search box can be: a notice, a debtor, a name, a position, a receipt or a case.

It may be typed with blanks, or come from a scanner that reads the codes printed on a notice.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.core.case_id import case_key
from gpd_soap.core.notice import number_warnings
from gpd_soap.core.searching.folding import fold
from gpd_soap.core.text import clean

#: LIMIT: a name is searched from its second letter on.
SHORTEST_NAME = 2
NAV_LENGTH, IUV_LENGTHS, COMPANY_CODE_LENGTH = 18, (15, 17), 11

# SPEC: SANP, the notice of payment: the QR code has bars between its fields.
_QR = re.compile(r"PAGOPA\|[0-9]{3}\|(?P<nav>[0-9]{18})\|(?P<organization>[0-9]{11})\|[0-9]+")
# SPEC: the Data Matrix of the postal slip: lengths before number, account and amount.
_DATA_MATRIX = re.compile(
    r"CODFASE=NBPA;18(?P<nav>[0-9]{18})12[0-9]{12}10[0-9]{10}38961P1(?P<organization>[0-9]{11})"
)
#: The code of a person; in another's place, a digit is one of the letters LMNPQRSTUV.
_PERSON = re.compile(r"[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPR-T][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]")
#: Blanks, those of a web page too, and what people write between the groups of a number.
_SEPARATORS = re.compile("[\\s\u00a0\u202f.\\-]+", re.ASCII)


class TextKind(StrEnum):
    """What a text can be taken for."""

    NOTICE = "notice"
    IUV = "iuv"
    FISCAL_CODE = "fiscal-code"
    CASE = "case"
    IUPD = "iupd"
    RECEIPT = "receipt"
    NAME = "name"


class Reading(NamedTuple):
    """One thing that a text can be, with the value to look up.

    `organization` is the one that a scanned code names.
    """

    kind: TextKind
    value: str
    organization: str | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should check, such as wrong check digits of a notice number."""
        if self.kind is not TextKind.NOTICE:
            return ()
        return tuple(expected for _, expected in number_warnings(self.value, None))


def readings(text: str) -> tuple[Reading, ...]:
    """Return everything that a text can be, the most likely first; nothing for an empty text."""
    cleaned = clean(text)
    scanned = _scanned(cleaned)
    if scanned is not None:
        return (scanned,)
    compact = _SEPARATORS.sub("", cleaned).upper()
    possible = [*_of_digits(compact), *_of_characters(cleaned, compact)]
    if len(fold(cleaned)) >= SHORTEST_NAME and any(map(str.isalpha, cleaned)):
        possible.append(Reading(TextKind.NAME, cleaned))
    return tuple(possible)


def notice_readings(text: str) -> tuple[Reading, ...]:
    """Return the notice numbers and IUVs that a text can be."""
    numbers = (TextKind.NOTICE, TextKind.IUV)
    return tuple(reading for reading in readings(text) if reading.kind in numbers)


def _scanned(text: str) -> Reading | None:
    """Return the notice of a scanned code, or None if the text is not from a code."""
    code = text.upper()
    match = _QR.fullmatch(_SEPARATORS.sub("", code)) or _DATA_MATRIX.match(code)
    return match and Reading(TextKind.NOTICE, match["nav"], match["organization"])


def _of_digits(compact: str) -> list[Reading]:
    if not (compact.isascii() and compact.isdigit()):
        return []
    if len(compact) == NAV_LENGTH:
        return [Reading(TextKind.NOTICE, compact)]
    if len(compact) in IUV_LENGTHS:
        return [Reading(TextKind.IUV, compact)]
    if len(compact) == COMPANY_CODE_LENGTH:
        return [Reading(TextKind.FISCAL_CODE, compact)]
    return []


def _of_characters(cleaned: str, compact: str) -> list[Reading]:
    """Return the codes and ids that a text without blanks can be."""
    person = [Reading(TextKind.FISCAL_CODE, compact)] if _PERSON.fullmatch(compact) else []
    if not cleaned or not cleaned.isprintable() or re.search(r"\s", cleaned, re.ASCII):
        return person
    key = case_key(cleaned)
    if key is not None and key.variant is None:
        return [Reading(TextKind.CASE, cleaned)]
    return [*person, Reading(TextKind.IUPD, cleaned), Reading(TextKind.RECEIPT, cleaned)]
