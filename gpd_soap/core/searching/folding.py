"""Names in a folded spelling, in which accents, case, blanks and apostrophes make no difference.

The databases compute the same spelling by themselves (`store.tables.name_keys`).

LIMIT: only letters of the Latin script are folded.
"""

from __future__ import annotations

import string
import unicodedata

#: Characters that a folded name does not have: those that part the words of a name.
DROPPED = " '\N{RIGHT SINGLE QUOTATION MARK}-."
#: Letters that stand for two.
PAIRS = {"ß": "SS", "æ": "AE", "Æ": "AE", "œ": "OE", "Œ": "OE"}
#: Letters that have no decomposition.
_STROKES = {
    "ø": "O",
    "Ø": "O",
    "đ": "D",
    "Đ": "D",
    "ł": "L",
    "Ł": "L",
    "ħ": "H",
    "\N{LATIN SMALL LETTER DOTLESS I}": "I",
}
#: The letters of Latin-1, Latin Extended-A and Romanian.
_RANGES = (range(0xC0, 0x180), range(0x218, 0x21C))


def _bases() -> dict[str, str]:
    bases = dict(_STROKES)
    for letter in (chr(code) for codes in _RANGES for code in codes):
        base = unicodedata.normalize("NFD", letter)[0]
        if base in string.ascii_letters:
            bases[letter] = base.upper()
    return bases


#: Each letter with an accent, and the letter without.
BASES = _bases()

_FOLDED = str.maketrans(
    {
        **dict(zip(string.ascii_lowercase, string.ascii_uppercase, strict=True)),
        **dict.fromkeys(DROPPED, ""),
        **BASES,
        **PAIRS,
    }
)


def fold(text: str) -> str:
    """Return a name in its folded spelling.

    >>> fold("D'Amicò Zoë")
    'DAMICOZOE'
    """
    return unicodedata.normalize("NFC", text).translate(_FOLDED)
