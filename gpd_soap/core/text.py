"""Texts as they are taken from outside: one spelling of each, and no invisible characters.

SPEC: Unicode Standard Annex 15 (NFC); The Unicode Standard, 23, for the invisible characters.
"""

from __future__ import annotations

import unicodedata

#: Controls that are blanks when they stand at the ends of a text.
_BLANK_CONTROLS = "\t\n\r"
#: Categories without a glyph: formats (zero width, bidirectional), line and paragraph separators.
_INVISIBLE = {"Cf", "Zl", "Zp"}
#: Characters of other categories that show nothing: joiners, fillers and variation selectors.
_FILLERS = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
            *range(0x180B, 0x180E),
            0x180F,
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)


def clean(text: str) -> str:
    """Return a text in NFC, without blanks at its ends."""
    if text.isascii():
        return text.strip(" " + _BLANK_CONTROLS)
    first, last = 0, len(text)
    while first < last and _is_blank(text[first]):
        first += 1
    while last > first and _is_blank(text[last - 1]):
        last -= 1
    return unicodedata.normalize("NFC", text[first:last])


def invisible(text: str) -> str | None:
    """Return the code point of the first invisible character, such as U+200B, or None."""
    if text.isascii():
        return None
    character = next(filter(_is_invisible, text), None)
    return None if character is None else f"U+{ord(character):04X}"


def spellings(text: str) -> tuple[str, ...]:
    """Return the spellings under which a text in NFC may have been stored: NFC, and then NFD.

    LIMIT: texts that were stored before texts were normalized are in one of these two forms.  A
    mixture of both is not recognized.
    """
    return tuple(dict.fromkeys((text, unicodedata.normalize("NFD", text))))


def _is_blank(character: str) -> bool:
    return character in _BLANK_CONTROLS or unicodedata.category(character) == "Zs"


def _is_invisible(character: str) -> bool:
    return character in _FILLERS or unicodedata.category(character) in _INVISIBLE
