"""The words of the console: Italian texts, and what they are in other languages.

An Italian text is its own key.  `words/<language>/<subject>.mo` has the others.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache
from pathlib import Path

#: The languages, each by its own name; the first is that of the texts.
LANGUAGES = {"it": "Italiano", "en": "English", "de": "Deutsch", "sl": "Slovenščina"}
ITALIAN = "it"
FOLDER = Path(__file__).parent

#: The language of what is being written.
language: ContextVar[str] = ContextVar("language", default=ITALIAN)


def _(text: str) -> str:
    """Return a text in the language of the page."""
    return translations(language.get()).gettext(text)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the form for this number, in the language of the page."""
    return translations(language.get()).ngettext(singular, plural, number)


def N_(text: str) -> str:  # noqa: N802  # the name that every extractor knows
    """Return a text as it is; it is translated where it is shown."""
    return text


@cache
def translations(code: str) -> gettext.NullTranslations:
    """Return the catalogues of a language, one after the other."""
    first = gettext.NullTranslations()
    if code == ITALIAN:
        return first
    for path in sorted((FOLDER / code).glob("*.mo")):
        with path.open("rb") as file:
            first.add_fallback(gettext.GNUTranslations(file))
    return first


def preferred(accepted: Iterable[str]) -> str:
    """Return the language of the first of a browser's that we have; Italian if there is none.

    >>> preferred(["fr-CH", "de-AT", "it"]), preferred(["fr"])
    ('de', 'it')
    """
    for each in accepted:
        code = each.partition("-")[0].lower()
        if code in LANGUAGES:
            return code
    return ITALIAN
