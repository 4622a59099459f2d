"""Notice numbers (NAV) and the creditor references (IUV) inside them.

Numbers that we issue or import must have right check digits.  A number in a request need not: we
never issued it, so it is unknown (Payable, rule 12).  Source: Notice numbers; SACI.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# SPEC: Messages, rule 3: the notice number of the probe of a station that is in Stand In.
PROBE = "0" * 18
LAST_AUX_DIGIT = "3"


@dataclass(frozen=True, slots=True)
class NoticeNumber:
    """Eighteen digits that name one notice of one organization.

    Raises ValueError for any other shape.  `problem_with_nav` checks the check digits.
    """

    nav: str

    def __post_init__(self) -> None:
        if not _digits(self.nav, 18):
            raise ValueError("notice number: expected 18 digits")

    @property
    def aux_digit(self) -> int:
        """The first digit, which determines the layout of the rest; only 0 to 3 have a layout."""
        return int(self.nav[0])

    @property
    def iuv(self) -> str:
        """The creditorReferenceId: 15 digits for aux digit 0, otherwise 17."""
        # SPEC: SACI: with aux digit 0, an application code of two digits precedes the IUV.
        return self.nav[3:] if self.nav[0] == "0" else self.nav[1:]

    @property
    def segregation_code(self) -> str | None:
        """The two digits by which the Node chooses our station; None unless the aux digit is 3."""
        return self.nav[1:3] if self.nav[0] == "3" else None


def check_digits(sixteen: str) -> str:
    """Return the two check digits of a notice number: its first 16 digits modulo 93.

    Raises ValueError unless `sixteen` is 16 digits.
    """
    if not _digits(sixteen, 16):
        raise ValueError("check digits: expected the first 16 digits of a notice number")
    return f"{int(sixteen) % 93:02d}"


def issue(segregation: str, serial: int) -> NoticeNumber:
    """Return a new notice number: aux digit 3, segregation code, serial, check digits.

    `serial` has at most 13 digits and must never be used twice (Notice numbers, rules 3 and 4).
    Raises ValueError if a part does not fit.

    >>> issue("01", 1234567890123)
    NoticeNumber(nav='301123456789012316')
    """
    if not _digits(segregation, 2):
        raise ValueError("segregation code: expected 2 digits")
    if not 0 <= serial < 10**13:
        raise ValueError("serial of a notice number: expected 0 to 9999999999999")
    head = f"3{segregation}{serial:013d}"
    return NoticeNumber(head + check_digits(head))


def nav_of_iuv(iuv: str) -> str:
    """Return the notice number of an IUV of aux digit 3: "3" and its 17 digits, as GPD does.

    Raises ValueError for any other shape, such as the 15 digits of aux digit 0.
    """
    if not _digits(iuv, 17):
        raise ValueError("IUV: expected 17 digits")
    return "3" + iuv


def navs_of_iuv(iuv: str) -> tuple[str, ...]:
    """Return the notice numbers that can contain an IUV; none unless it has 17 digits.

    >>> navs_of_iuv("01123456789012316")
    ('101123456789012316', '201123456789012316', '301123456789012316')
    """
    # SPEC: SACI: an IUV of 15 digits has aux digit 0, and any application code may precede it.
    return tuple(aux + iuv for aux in "123") if _digits(iuv, 17) else ()


def problem_with_nav(nav: str) -> str | None:
    """Return why a notice number may not be imported, or None (Notice numbers, rules 1 and 2)."""
    if not _digits(nav, 18):
        return "expected 18 digits"
    if nav == PROBE:
        return "reserved for the Node's probe: expected another number"
    if nav[0] > LAST_AUX_DIGIT:
        return f"aux digit 0, 1, 2 or 3 expected, found {nav[0]}"
    # SPEC: SACI: aux digit 1 has no check digits.
    if nav[0] == "1" or nav[16:] == check_digits(nav[:16]):
        return None
    return f"check digits {check_digits(nav[:16])} expected, found {nav[16:]}"


def number_warnings(nav: str, iuv: str | None) -> Iterator[tuple[str, str]]:
    """Yield each rule that a number breaks, with what the rule expects.

    `iuv` is the IUV that came with the number, or None if none came.  Raises ValueError unless
    `nav` is 18 digits.
    """
    number = NoticeNumber(nav)
    if nav[0] > LAST_AUX_DIGIT:
        yield "aux-digit", "a notice number that begins with 0, 1, 2 or 3"
    elif nav != PROBE and problem_with_nav(nav):
        yield "check-digits", f"check digits {check_digits(nav[:16])} at the end"
    if iuv not in (None, number.iuv):
        yield "nav-iuv", "a notice number that carries the IUV"


def problem_with_iuv(iuv: str) -> str | None:
    """Return why an IUV without its notice number may not be imported, or None.

    Its notice number is taken to have aux digit 3 (`nav_of_iuv`).  An IUV of another aux digit
    can only be checked with its notice number (`problem_with_nav`).
    """
    if not _digits(iuv, 17):
        return "expected 17 digits"
    return problem_with_nav(nav_of_iuv(iuv))


def _digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()
