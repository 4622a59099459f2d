"""The languages of a notice, and the prescribed texts of each; none of them may be altered.

Each file of `locales` names the source of its texts: pagoPA's guide, or its own renderer where the
guide has no text.  A language that lacks one of the texts is not offered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

FIRST = "it"
LOCALES = Path(__file__).with_name("locales")


def texts() -> dict[str, Mapping[str, str]]:
    """Return the texts of each language by their names."""
    read: dict[str, Mapping[str, str]] = {}
    for file in sorted(LOCALES.glob("*.json")):
        sources = json.loads(file.read_text(encoding="utf-8"))
        read[file.stem] = {**sources["guide"], **sources["renderer"]}
    return read


def complete(read: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Return the languages beside Italian that have every text."""
    needed = read[FIRST].keys()
    return tuple(each for each in read if each != FIRST and read[each].keys() == needed)


TEXTS = texts()
#: The languages that may stand beside Italian.
SECOND = complete(TEXTS)


class Languages(NamedTuple):
    """Italian alone or with a second language; `equal` gives both the same weight.

    `alone` is another language in the place of Italian, for an addressee abroad.
    """

    second: str | None = None
    equal: bool = False
    alone: str | None = None

    @property
    def first(self) -> str:
        """The language of the document."""
        return self.alone or FIRST

    def __str__(self) -> str:
        """Return the form that `parse` reads."""
        second = "" if self.second is None else f"{'+' if self.equal else '-'}{self.second}"
        return self.first + second


ITALIAN = Languages()
#: By their names: `it`, `it-de` (German in grey), `it+de` (Italian and German as equals), `de`
#: (German alone).
OFFERED = {
    str(each): each
    for each in (
        ITALIAN,
        *(Languages(second, equal) for second in SECOND for equal in (False, True)),
        *(Languages(alone=alone) for alone in SECOND),
    )
}


class Piece(NamedTuple):
    """A text with its language, as a screen reader needs it."""

    lang: str
    text: str


def parse(name: str) -> Languages | None:
    """Return the languages of a name, or None if they are not offered.

    >>> str(parse("it-de")), str(parse("it+sl")), str(parse("de")), parse("la")
    ('it-de', 'it+sl', 'de', None)
    """
    return OFFERED.get(name)


def phrase(languages: Languages, name: str, **values: str) -> tuple[Piece, ...]:
    """Return a prescribed text in each language; the second is left out where it is the same.

    `values` take the places that the text names in braces.
    """
    spoken = filter(None, (languages.first, languages.second))
    pieces = tuple(Piece(each, _filled(TEXTS[each][name], values)) for each in spoken)
    return pieces[:1] if pieces[0].text == pieces[-1].text else pieces


def _filled(text: str, values: Mapping[str, str]) -> str:
    # WHY: a value may have braces of its own, so that no formatting may read it.
    for name, value in values.items():
        before, marker, after = text.partition(f"{{{name}}}")
        text = before + value + after if marker else text
    return text
