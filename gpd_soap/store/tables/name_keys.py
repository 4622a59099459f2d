"""Names as SQL expressions in folded spelling, of which indexes are made.

WHY: an index of an expression is filled by the database.  So it has the rows of the version before
too, no row is written again for it, and PostgreSQL builds it while others write.  A column would
have to be filled, and a column that the database generates rewrites the table under a lock.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from gpd_soap.core.searching.folding import BASES, DROPPED, PAIRS

#: LIMIT: SQLite has no function for many letters at once, and reads some 20 nested calls at most.
#: There a name is folded by the first of these groups that has one of its letters, and the letters
#: of other groups stay as they are.
SQLITE_LETTERS = ("àèéìòùáíóúçñ", "ÀÈÉÌÒÙÁÍÓÚÇÑ", "äöüÄÖÜ", "čšžćđČŠŽĆĐ")


class NameKey(FunctionElement[str]):
    """A name in folded spelling, with its words in a certain order."""

    inherit_cache = True
    type = String()

    #: SQL of the name with its words in this order.  Blanks between words may be lost.
    words = "{0}"


class AsGiven(NameKey):
    """The words as they are stored."""

    inherit_cache = True


class LastWordFirst(NameKey):
    """The last word first: the surname of Maria Grazia Rossi."""

    inherit_cache = True
    words = (
        "substr({0}, length(rtrim({0}, replace({0}, ' ', ''))) + 1)"
        " || rtrim({0}, replace({0}, ' ', ''))"
    )


class FirstWordLast(NameKey):
    """The first word last: the surname of Mario De Luca."""

    inherit_cache = True
    words = (
        "ltrim({0}, replace({0}, ' ', ''))"
        " || substr({0}, 1, length({0}) - length(ltrim({0}, replace({0}, ' ', ''))))"
    )


class Initial(FunctionElement[str]):
    """The first character of a name whose words are in the order of a key, as a capital."""

    inherit_cache = True
    type = String()

    def __init__(self, key: ColumnElement[str]) -> None:
        """Takes a `NameKey`, whose first character it is where that is a letter of ASCII."""
        super().__init__(key)


class ManyWords(FunctionElement[bool]):
    """SQL condition: the name has more than two words, so that each order is another."""

    inherit_cache = True


#: Each order of words in which a name is looked up.
NAME_KEYS: tuple[type[NameKey], ...] = (AsGiven, LastWordFirst, FirstWordLast)


def name_key(kind: type[NameKey], column: ColumnElement[str]) -> ColumnElement[str]:
    """Returns the folded spelling of a name as an SQL expression."""
    return kind(column)


@compiles(Initial)
def _initial(element: Initial, compiler: Any, **options: Any) -> str:
    [key] = element.clauses
    words = key.words.format(compiler.process(key.clauses, **options))
    first = f"substr({words}, 1, 1)"
    # WHY: under another collation, letters with accents are between A and Z.
    in_bytes = compiler.dialect.name == "postgresql"
    return f'(upper({first} COLLATE "C") COLLATE "C")' if in_bytes else f"upper({first})"


@compiles(ManyWords)
def _many_words(element: ManyWords, compiler: Any, **options: Any) -> str:
    name = compiler.process(element.clauses, **options)
    return f"(length({name}) - length(replace({name}, ' ', '')) > 1)"


@compiles(NameKey)
def _in_words(element: NameKey, compiler: Any, **options: Any) -> str:
    """Returns what a reader of a statement sees; neither database has this function."""
    return f"folded({compiler.process(element.clauses, **options)})"


@compiles(NameKey, "postgresql")
def _on_postgresql(element: NameKey, compiler: Any, **options: Any) -> str:
    name = compiler.process(element.clauses, **options)
    words = f"({element.words.format(name)})"
    letters = words
    for letter, pair in PAIRS.items():
        letters = f"replace({letters}, '{letter}', '{pair}')"
    dropped = _quoted(DROPPED)
    bases = f"translate({letters}, '{''.join(BASES)}{dropped}', '{''.join(BASES.values())}')"
    # WHY: most names have no accent, and translate compares each character with each letter.
    ascii_only = f"translate({words}, '{dropped}', '')"
    folded = f"CASE WHEN {name} ~ '[^ -~]' THEN {bases} ELSE {ascii_only} END"
    # WHY: under another collation, upper changes other letters and a range misses rows.
    return f'(upper(({folded}) COLLATE "C") COLLATE "C")'


@compiles(NameKey, "sqlite")
def _on_sqlite(element: NameKey, compiler: Any, **options: Any) -> str:
    name = compiler.process(element.clauses, **options)
    words = f"({element.words.format(name)})"
    for character in DROPPED:
        words = f"replace({words}, '{_quoted(character)}', '')"
    cases = ""
    for group in SQLITE_LETTERS:
        folded = words
        for letter in group:
            folded = f"replace({folded}, '{letter}', '{BASES[letter]}')"
        cases += f" WHEN {name} GLOB '*[{group}]*' THEN {folded}"
    return f"upper(CASE WHEN {name} NOT GLOB '*[^ -~]*' THEN {words}{cases} ELSE {words} END)"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
