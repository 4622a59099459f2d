"""Notice numbers (NAV) and the creditor references (IUV) inside them.

Strict when we issue or import, lenient when we are asked: a number with wrong check digits is
one we never issued, so it is constructed like any other and found nowhere (DESIGN 3).
Source: the four layouts of spec/pagopa-ec.md 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# SPEC: pagopa-ec.md 3.6: the number with which the Node probes a station that is in Stand In.
PROBE = "0" * 18
LAST_AUX_DIGIT = "3"


@dataclass(frozen=True, slots=True)
class NoticeNumber:
    """Eighteen digits naming one payable notice of one organization.

    ValueError for any other shape; check digits are not looked at (see `problem_with_nav`).
    """

    nav: str

    def __post_init__(self) -> None:
        if not _digits(self.nav, 18):
            raise ValueError("notice number: expected 18 digits")

    @property
    def aux_digit(self) -> int:
        """The first digit, which tells the layout of the rest; only 0 to 3 have one."""
        return int(self.nav[0])

    @property
    def iuv(self) -> str:
        """The creditorReferenceId: 15 digits for aux digit 0, otherwise 17."""
        # SPEC: aux 0 spends two digits on the application code, which is not part of the IUV.
        return self.nav[3:] if self.nav[0] == "0" else self.nav[1:]

    @property
    def segregation_code(self) -> str | None:
        """The two digits by which the Node finds our station; only aux digit 3 has them."""
        return self.nav[1:3] if self.nav[0] == "3" else None


def check_digits(sixteen: str) -> str:
    """Compute the two digits that close a notice number: the sixteen before, modulo 93.

    ValueError unless these are 16 digits.
    """
    if not _digits(sixteen, 16):
        raise ValueError("check digits: expected the first 16 digits of a notice number")
    return f"{int(sixteen) % 93:02d}"


def issue(segregation: str, serial: int) -> NoticeNumber:
    """Mint a number of aux digit 3, the only one for new notices: 3, segregation, serial, check.

    `serial` has at most 13 digits and must never be used twice: an IUV is unique forever.
    ValueError when a part does not fit.

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
    """Complete an IUV that came alone to a notice number: "3" and its 17 digits, as GPD does.

    ValueError for any other shape, the 15 digits of aux digit 0 included.
    """
    if not _digits(iuv, 17):
        raise ValueError("IUV: expected 17 digits")
    return "3" + iuv


def navs_of_iuv(iuv: str) -> tuple[str, ...]:
    """The notice numbers that an IUV of 17 digits can be inside of; none for any other.

    >>> navs_of_iuv("01123456789012316")
    ('101123456789012316', '201123456789012316', '301123456789012316')
    """
    # SPEC: aux 0, whose IUV has 15, spends two digits on the application code, which may be any.
    return tuple(aux + iuv for aux in "123") if _digits(iuv, 17) else ()


def problem_with_nav(nav: str) -> str | None:
    """Say why a notice number may not be imported, or None; check digits by aux digit."""
    if not _digits(nav, 18):
        return "expected 18 digits"
    if nav == PROBE:
        return "reserved for the Node's probe: expected another number"
    if nav[0] > LAST_AUX_DIGIT:
        return f"aux digit 0, 1, 2 or 3 expected, found {nav[0]}"
    # SPEC: aux 1 has no check digits.
    if nav[0] == "1" or nav[16:] == check_digits(nav[:16]):
        return None
    return f"check digits {check_digits(nav[:16])} expected, found {nav[16:]}"


def number_warnings(nav: str, iuv: str | None) -> Iterator[tuple[str, str]]:
    """What of a number we would not have issued: each rule, and what was expected.

    `iuv` is what is said to be inside; None for whatever is.  ValueError unless `nav` is 18 digits.
    """
    number = NoticeNumber(nav)
    if nav[0] > LAST_AUX_DIGIT:
        yield "aux-digit", "a notice number that begins with 0, 1, 2 or 3"
    elif nav != PROBE and problem_with_nav(nav):
        yield "check-digits", f"check digits {check_digits(nav[:16])} at the end"
    if iuv not in (None, number.iuv):
        yield "nav-iuv", "a notice number that carries the IUV"


def problem_with_iuv(iuv: str) -> str | None:
    """Say why an IUV that comes without its notice number may not be imported, or None.

    Its notice number is then of aux digit 3 (`nav_of_iuv`), and so are its check digits; an IUV
    of another aux digit can only be checked through `problem_with_nav`.
    """
    if not _digits(iuv, 17):
        return "expected 17 digits"
    return problem_with_nav(nav_of_iuv(iuv))


def _digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()
