"""Names folded by the databases as by the program, with the rows of the version before."""

import pytest
from sqlalchemy import Connection, literal, select

from gpd_soap.core.searching.folding import BASES, PAIRS, fold
from gpd_soap.store.store import Store
from gpd_soap.store.tables.name_keys import (
    SQLITE_LETTERS,
    AsGiven,
    FirstWordLast,
    LastWordFirst,
    NameKey,
    name_key,
)

NAMES = [
    "Mario De Luca",
    "MARIA GRAZIA ROSSI",
    "D'Amico Zoè",
    "rossi",
    "Bianchi & C. S.r.l.",
    "Ann  Lee",
]


def keys(connection: Connection, kind: type[NameKey], names: list[str]) -> list[str]:
    """Returns the folded spelling of each name as the database computes it."""
    keys = []
    for name in names:
        column = select(literal(name).label("name")).subquery().c.name
        keys.append(connection.execute(select(name_key(kind, column))).scalar_one())
    return keys


def letters_of(store: Store) -> list[str]:
    """Returns the letters that the database folds."""
    if store.engine.dialect.name == "sqlite":
        return list("".join(SQLITE_LETTERS))
    return [*BASES, *PAIRS]


def test_database_folds_each_letter_as_the_program_does(store: Store):
    """A letter that only one of them folds would hide a name."""
    names = [f"x{letter}Y z" for letter in letters_of(store)]
    with store.reading() as connection:
        assert keys(connection, AsGiven, names) == [fold(name) for name in names]


def test_database_folds_names_as_the_program_does(store: Store):
    """The words keep their order."""
    with store.reading() as connection:
        assert keys(connection, AsGiven, NAMES) == [fold(name) for name in NAMES]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (LastWordFirst, ["LUCAMARIODE", "ROSSIMARIAGRAZIA", "ZOEDAMICO", "ROSSI"]),
        (FirstWordLast, ["DELUCAMARIO", "GRAZIAROSSIMARIA", "ZOEDAMICO", "ROSSI"]),
    ],
)
def test_database_moves_a_word(store: Store, kind: type[NameKey], expected: list[str]):
    """A surname of two words is at the beginning of one order, one word of another."""
    with store.reading() as connection:
        assert keys(connection, kind, NAMES[:4]) == expected
