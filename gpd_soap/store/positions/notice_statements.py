"""The statements that list notices: the parts of a list, and how each is read and counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
)

from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, POSITION
from gpd_soap.store.tables.name_keys import (
    NAME_KEYS,
    FirstWordLast,
    Initial,
    ManyWords,
    name_key,
)

ORGANIZATION: ColumnElement[str] = bindparam("organization", type_=OPTION.organization.type)


class Part(NamedTuple):
    """A part of a list: its rows, and what they are ordered by before the notice number, if any."""

    conditions: tuple[ColumnElement[bool], ...]
    key: ColumnElement[str] | None
    iupd: ColumnElement[str] | None

    @property
    def range(self) -> list[ColumnElement[bool]]:
        """SQL conditions: the keys begin with the name."""
        return [] if self.key is None else [_begins(self.key)]


class Step(StrEnum):
    """The rows of a part that one statement reads."""

    #: From its beginning.
    ALL = "all"
    #: After a place: those of the same key, then those of later keys.
    SAME_KEY = "same"
    LATER_KEY = "later"


# WHY: SQLAlchemy takes longer to write these statements than the databases to execute them.  So
# each is written once, with parameters.


@lru_cache
def parts(kind: str | None) -> Sequence[Part]:
    """Returns the parts of a list by this field of its filter, in their order."""
    value = bindparam("value", type_=String())
    if kind == "debtor_code":
        of_position = POSITION.debtor_code == value, OPTION.debtor_code.is_(None)
        return (
            Part(of_position, None, POSITION.iupd),
            Part((OPTION.debtor_code == value,), None, OPTION.iupd),
        )
    if kind == "name":
        return (*_of_name(own=False), *_of_name(own=True))
    return (Part(() if kind is None else (OPTION[kind] == value,), None, None),)


def _of_name(*, own: bool) -> Iterator[Part]:
    """Yields a part for each order of the words of a name: of the notice's debtor, or position's.

    Each has the notices that no earlier one has.
    """
    table = OPTION if own else POSITION
    own_name = OPTION.debtor_full_name
    owner = own_name.is_not(None) if own else own_name.is_(None)
    earlier: list[ColumnElement[bool]] = []
    for kind in NAME_KEYS:
        key = name_key(kind, table.debtor_full_name)
        # WHY: the index of this order has the names of many words alone.
        many = [ManyWords(table.debtor_full_name)] if kind is FirstWordLast else []
        yield Part((owner, *many, *earlier), key, table.iupd)
        earlier.append(_begins_not(key))


def _begins(key: ColumnElement[str]) -> ColumnElement[bool]:
    """SQL condition: a key begins with the name."""
    return and_(key >= bindparam("first", type_=String()), _before_end(key))


def _begins_not(key: ColumnElement[str]) -> ColumnElement[bool]:
    """SQL condition: a key does not begin with the name."""
    # WHY: to fold a name takes longer than to read its row, and most names have another initial.
    # The databases look at it first.  SQLite's parser reads no deeper expression than this one.
    initial = Initial(key)
    first, last = (bindparam(name, type_=String()) for name in ("first", "last"))
    differs = and_(
        initial.between("A", "Z"), func.substr(first, 1, 1) != initial, first != literal("")
    )
    return or_(differs, key < first, key >= last)


def _before_end(key: ColumnElement[str]) -> ColumnElement[bool]:
    """SQL condition: a key comes before the last that begins with the name."""
    return key < bindparam("last", type_=String())


def steps(part: Part, after: str | None, first: str) -> Sequence[Step]:
    """Returns the statements that read a part from a key on, one after another."""
    if after is None or after < first:
        return [Step.ALL]
    # WHY: each of the two is a range of the index.  Of one condition for both, SQLite reads more.
    return [Step.SAME_KEY] if part.key is None else [Step.SAME_KEY, Step.LATER_KEY]


@lru_cache
def step_statement(kind: str | None, number: int, step: Step) -> Select[Any]:
    """Returns the statement of a step of a part."""
    part = parts(kind)[number]
    key = literal("") if part.key is None else part.key
    columns = key, OPTION.iupd, OPTION.nav
    order = [column for column in (part.key, part.iupd) if column is not None]
    statement = select_part(part, *columns).order_by(*order, OPTION.nav)
    statement = statement.limit(bindparam("limit", type_=Integer()))
    if step is Step.ALL:
        return statement.where(*part.range)
    after_key = bindparam("after_key", type_=String())
    if step is Step.LATER_KEY:
        assert part.key is not None
        # WHY: of two lower bounds of one index, SQLite may choose the one that leaves out less.
        return statement.where(part.key > after_key, _before_end(part.key))
    following = OPTION.nav > bindparam("after_nav", type_=String())
    if part.iupd is not None:
        iupd = bindparam("after_iupd", type_=String())
        same = and_(part.iupd == iupd, following)
        following = and_(part.iupd >= iupd, or_(part.iupd > iupd, same))
    return statement.where(*([] if part.key is None else [part.key == after_key]), following)


@lru_cache
def count_statement(kind: str | None, number: int) -> Select[Any]:
    """Returns the statement that counts a part up to a limit."""
    part = parts(kind)[number]
    rows = select_part(part, literal(1)).where(*part.range)
    limited = rows.limit(bindparam("limit", type_=Integer())).subquery()
    return select(func.count()).select_from(limited)


@lru_cache
def names_statement(kind: str | None, number: int) -> Select[Any]:
    """Returns the statement that reads code and name of the debtor of each notice of a part."""
    part = parts(kind)[number]
    # WHY: an index of positions has these columns, and not those of the notice that may have its
    # own debtor.  A part has the notices of one kind alone.
    of = POSITION if part.iupd is POSITION.iupd else OPTION
    statement = select_part(part, of.debtor_code, of.debtor_full_name).where(*part.range)
    return statement.limit(bindparam("limit", type_=Integer()))


def select_part(part: Part, *columns: Any) -> Select[Any]:
    """Returns the statement that reads columns of the notices of a part."""
    of_position = and_(POSITION.organization == ORGANIZATION, POSITION.iupd == OPTION.iupd)
    return (
        select(*columns)
        .join_from(tables.payment_option, tables.position, of_position)
        .where(OPTION.organization == ORGANIZATION, *part.conditions)
    )
