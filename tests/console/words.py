"""Extracts the texts of the console, says which are not translated, and compiles them.

`python -m tests.console.words [SUBJECT…]` does all three, of every subject or of those named.
Each catalogue has the texts of its subject; a text that several subjects use is in the first one.
The Italian texts are the keys.
"""

import io
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gpd_soap.console import deeds, done

CONSOLE = Path(__file__).parents[2] / "gpd_soap/console"
WORDS = CONSOLE / "words"
LANGUAGES = ("en", "de", "sl")
#: The catalogues, in the order in which a text that several use is looked for.
SUBJECTS = ("shell", "notice", "work", "loads")
#: The first folder or module name of `pages`, `templates` or the console itself, to its catalogue;
#: `shell` has what is not named.
PLACES = {
    "notice": """notice notices position positions search story issue go verdict telephone
                 dry_verify changes chosen prints""".split(),
    "work": """work home worklist case cases receipts receipt opening journal station charts
               overview waiting lamp""".split(),
    "loads": "load loads".split(),
}
#: What pages say after a change, and what the audit says, belong to whose pages they are of.
DONE_BY = {
    "notice": {**done.NOTICE, **deeds.NOTICE},
    "work": {**done.WORK, **deeds.WORK},
    "loads": {**done.LOADS, **deeds.LOADS},
}
#: The day that each compiled catalogue names, so that equal texts are equal bytes.
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {"trimmed": "true", "newstyle_gettext": "true"}


class Text(NamedTuple):
    """A text of a page; `plural` is empty if it has one form."""

    singular: str
    plural: str


def subject_of(path: Path) -> str:
    """Return the catalogue of a file."""
    names = {part.removesuffix(path.suffix) for part in path.relative_to(CONSOLE).parts}
    for subject, places in PLACES.items():
        if not names.isdisjoint(places):
            return subject
    return "shell"


@cache
def texts() -> dict[str, list[Text]]:
    """Return the texts of each catalogue, each text once."""
    by_subject: dict[str, list[Text]] = {subject: [] for subject in SUBJECTS}
    said_by = {text: subject for subject, given in DONE_BY.items() for text in given.values()}
    for path in sorted([*CONSOLE.rglob("*.py"), *CONSOLE.rglob("*.html")]):
        method = "python" if path.suffix == ".py" else "jinja2.ext.babel_extract"
        for _line, message, _comments, _context in extract_from_file(
            method, path, keywords=KEYWORDS, options=OPTIONS
        ):
            one = (message, "") if isinstance(message, str) else message
            subject = said_by.get(one[0]) or subject_of(path)
            by_subject[subject].append(Text(*one))
    seen: set[Text] = set()
    for subject in SUBJECTS:
        unique = dict.fromkeys(by_subject[subject])
        by_subject[subject] = [each for each in unique if each not in seen]
        seen |= unique.keys()
    return by_subject


def path_of(language: str, subject: str, suffix: str = ".po") -> Path:
    """Return the file of a catalogue."""
    return WORDS / language / f"{subject}{suffix}"


def read(language: str, subject: str) -> Catalog:
    """Return a catalogue as it is; an empty one if there is no file."""
    path = path_of(language, subject)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, subject: str, needed: list[Text]) -> Catalog:
    """Return a catalogue with these texts, translated where they were before."""
    before, catalog = read(language, subject), Catalog(locale=language, fuzzy=False)
    for text in needed:
        key = (text.singular, text.plural) if text.plural else text.singular
        old = before.get(text.singular)
        catalog.add(key, old.string if old is not None else "")
    return catalog


def missing(catalog: Catalog) -> Iterator[str]:
    """Yield the texts of a catalogue that are not translated, in every form."""
    for message in catalog:
        if message.id and not _is_whole(message, catalog.num_plurals):
            yield message.id if isinstance(message.id, str) else message.id[0]


def compiled(catalog: Catalog) -> bytes:
    """Return a catalogue as the program reads it."""
    buffer = io.BytesIO()
    catalog.creation_date = catalog.revision_date = SOME_DAY
    write_mo(buffer, catalog)
    return buffer.getvalue()


def as_text(catalog: Catalog) -> bytes:
    """Return a catalogue as people read and write it, without dates."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=100, omit_header=True, no_location=True)
    # WHY: without its header a catalogue would not say how many plurals it has.
    header = (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    return header.encode() + buffer.getvalue()


def main(subjects: Iterable[str]) -> int:
    """Update and compile catalogues; print what is missing, and return how much."""
    count, by_subject = 0, texts()
    for subject in subjects:
        own = by_subject[subject]
        for language in LANGUAGES:
            catalog = updated(language, subject, own)
            path_of(language, subject).parent.mkdir(exist_ok=True)
            path_of(language, subject).write_bytes(as_text(catalog))
            path_of(language, subject, ".mo").write_bytes(compiled(read(language, subject)))
            for text in missing(catalog):
                count += 1
                sys.stdout.write(f"{language} {subject}: {text}\n")
    sys.stdout.write(f"{count} translations are missing\n")
    return count


def _is_whole(message: Message, plurals: int) -> bool:
    if isinstance(message.id, str):
        return bool(message.string)
    forms = message.string or ()
    return len(forms) == plurals and all(forms)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:] or SUBJECTS)))
