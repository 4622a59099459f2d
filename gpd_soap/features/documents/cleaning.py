"""Texts as paper and slip can carry them, and a report of what was changed in each.

Source: L'avviso di pagamento 3.5.1 (pagoPA), technical specifications, for the lengths; the set of
characters of a slip is the one that GovPay and MyPay write and Poste's counters read.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from gpd_soap.core.text import invisible

ELLIPSIS = "…"
#: Stands on paper for a character that no font of the document has.
NO_GLYPH = "?"

#: Characters of a slip; `/` begins standard remittance texts such as /RFB/.
SLIP_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 &',-.:_/")
_TO_SLIP = str.maketrans(
    {
        **dict.fromkeys("\u2019\u2018", "'"),
        **dict.fromkeys("\u2013—", "-"),
        **dict.fromkeys("«»“”\t\r\n\v\f", " "),
        **dict.fromkeys("ßẞ", "SS"),
        **dict.fromkeys("æÆ", "AE"),
        **dict.fromkeys("œŒ", "OE"),
        **dict.fromkeys("øØ", "O"),
        **dict.fromkeys("łŁ", "L"),
        **dict.fromkeys("đĐ", "D"),
        "€": "EUR",
    }
)

#: Code points that the fonts of the document show, apart from ASCII; a test compiles each of them.
_PRINTED_RANGES = (
    range(0xA1, 0xAD),
    range(0xAE, 0x180),  # Latin-1 and Latin Extended-A
    range(0x386, 0x38B),
    range(0x38E, 0x3A2),
    range(0x3A3, 0x3CF),  # Greek
    range(0x400, 0x460),  # Cyrillic
)
_PRINTED_SIGNS = "\u2013—\u2018\u2019\u201a“”„†‡•…\u2039\u203a€™"
_PRINTED = frozenset(_PRINTED_SIGNS).union(*(map(chr, each) for each in _PRINTED_RANGES))


class Change(NamedTuple):
    """A field whose text is not printed as it is stored.  Its texts may be personal data."""

    field: str
    before: str
    after: str


def to_slip(text: str, width: int) -> str:
    """Return a text as a field of a slip: upper case, known characters, exactly `width` long."""
    return _slip_characters(text)[:width].ljust(width)


def slip_change(field: str, text: str, printed: str) -> Change | None:
    """Return what a slip shows instead of a text, or None if only its case or blanks differ."""
    after = printed.rstrip()
    return None if after.strip() == text.upper().strip() else Change(field, text, after)


def to_paper(text: str, limit: int) -> str:
    """Return a text as paper shows it: visible characters of our fonts, at most `limit` of them.

    A longer text is cut after a word where one ends in its second half, and ends in an ellipsis.
    """
    # WHY: a text of any length is read so far only; no field of paper needs more of it.
    head = unicodedata.normalize("NFC", text[: 8 * limit])
    words = "".join(_paper_character(each) for each in head).split()
    shown = " ".join(words)
    if len(shown) <= limit and len(text) <= 8 * limit:
        return shown
    shortened = shown[: limit - 1]
    end = shortened.rfind(" ")
    if end >= limit // 2 and not shown[limit - 1 : limit].isspace():
        shortened = shortened[:end]
    return shortened.rstrip() + ELLIPSIS


def paper_change(field: str, text: str, printed: str) -> Change | None:
    """Return what paper shows instead of a text, or None if both are equal."""
    same = unicodedata.normalize("NFC", text).strip() == printed
    return None if same else Change(field, text, printed)


def is_printed(character: str) -> bool:
    """Return whether the fonts of the document show a character."""
    return " " <= character <= "~" or character in _PRINTED


def _slip_characters(text: str) -> str:
    # WHY: both upper case and decomposition may lengthen a text, so they come before any cut.
    decomposed = unicodedata.normalize("NFKD", text.translate(_TO_SLIP))
    plain = "".join(each for each in decomposed if not unicodedata.combining(each)).upper()
    return "".join(each if each in SLIP_CHARACTERS else " " for each in plain)


def _paper_character(character: str) -> str:
    """Return what paper shows for a character: itself, its letters without marks, or a sign."""
    if is_printed(character):
        return character
    if character.isspace():
        return " "
    if unicodedata.category(character).startswith("C") or invisible(character):
        return ""
    shown = unicodedata.normalize("NFKD", character)
    shown = "".join(each for each in shown if not unicodedata.combining(each))
    return shown if shown and all(map(is_printed, shown)) else NO_GLYPH
