"""The indexes by which a debtor is looked up: of a position, or of a notice with its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Index, and_

from gpd_soap.store.tables.name_keys import (
    AsGiven,
    FirstWordLast,
    LastWordFirst,
    ManyWords,
    NameKey,
    name_key,
)
from gpd_soap.store.tables.positions import payment_option, position

_NAME, _OWN_NAME = position.c.debtor_full_name, payment_option.c.debtor_full_name
_IS_OWN = _OWN_NAME.is_not(None)


def _only(condition: ColumnElement[bool] | None) -> dict[str, Any]:
    """Returns the options of an index that has the rows of a condition alone, if there is one."""
    return {} if condition is None else {"postgresql_where": condition, "sqlite_where": condition}


def _of_name(name: str, kind: type[NameKey], condition: ColumnElement[bool] | None = None) -> Index:
    """Returns an index of the names of positions, which says whose each is."""
    key, of = name_key(kind, _NAME), position.c
    # WHY: to count whose the notices are, a search would read the page of each position.
    columns = of.organization, key, of.iupd, of.debtor_full_name, of.debtor_code
    return Index(name, *columns, **_only(condition))


def _of_own_name(name: str, kind: type[NameKey], condition: ColumnElement[bool] = _IS_OWN) -> Index:
    """Returns an index of the names of the notices that have their own debtor."""
    key, option = name_key(kind, _OWN_NAME), payment_option.c
    return Index(name, option.organization, key, option.iupd, option.nav, **_only(condition))


#: Each index of the version before that has the first columns of one of these, and which.
REPLACED_DEBTOR_INDEXES = {
    "ix_position_name_as_given": "ix_position_debtor_as_given",
    "ix_position_name_last_word_first": "ix_position_debtor_last_word_first",
    "ix_position_name_first_word_last": "ix_position_debtor_first_word_last",
}
#: Each index whose table may be large before the index is made.
DEBTOR_INDEXES = (
    Index(
        "ix_position_organization_debtor_code_iupd",
        position.c.organization,
        position.c.debtor_code,
        position.c.iupd,
    ),
    Index(
        "ix_payment_option_organization_debtor_code_iupd_nav",
        payment_option.c.organization,
        payment_option.c.debtor_code,
        payment_option.c.iupd,
        payment_option.c.nav,
        **_only(payment_option.c.debtor_code.is_not(None)),
    ),
    _of_name("ix_position_debtor_as_given", AsGiven),
    _of_name("ix_position_debtor_last_word_first", LastWordFirst),
    # WHY: of two words, both orders are in the other indexes.
    _of_name("ix_position_debtor_first_word_last", FirstWordLast, ManyWords(_NAME)),
    _of_own_name("ix_payment_option_name_as_given", AsGiven),
    _of_own_name("ix_payment_option_name_last_word_first", LastWordFirst),
    _of_own_name(
        "ix_payment_option_name_first_word_last",
        FirstWordLast,
        and_(_IS_OWN, ManyWords(_OWN_NAME)),
    ),
)
