"""Lists notices one after another, each page from where the one before ended.

A list reads its parts one after another: a notice that has its own debtor is in another index than
one of its position's debtor, and each order of the words of a name is an index too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal,
    not_,
    or_,
    select,
)

from gpd_soap.core.searching.folding import fold
from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, POSITION, alternative_paid, amount_due
from gpd_soap.store.tables.name_keys import NAME_KEYS, FirstWordLast, ManyWords, name_key

#: Greater than every character of a name, in either database.
_LAST_CHARACTER = "\U0010ffff"
_ORGANIZATION: ColumnElement[str] = bindparam("organization", type_=OPTION.organization.type)
#: LIMIT: the notices of a list are counted up to 1,000, so that a count costs as much as a page.
MOST_COUNTED = 1000


class NoticeFilter(NamedTuple):
    """What is listed: one of a debtor's code, the beginning of a name, a number; else everything.

    `iuv` and `nav` are of a notice, `iupd` is of a position.
    """

    debtor_code: str | None = None
    name: str | None = None
    nav: str | None = None
    iuv: str | None = None
    iupd: str | None = None


class NoticeKey(NamedTuple):
    """The place of a notice in a list: its part, and its values in the order of the part."""

    part: int
    key: str
    iupd: str
    nav: str


class ListedNotice(NamedTuple):
    """A notice in a list, with the facts of its state; `amount` is what is due, in cents."""

    nav: str
    iuv: str
    iupd: str
    plan: str | None
    description: str
    amount: int
    due_at: datetime
    valid_from: datetime | None
    switch_to_expired: bool
    published_at: datetime | None
    withdrawn_at: datetime | None
    paid_at: datetime | None
    reported_at: datetime | None
    alternative_paid: bool
    payment_date: datetime | None
    receipt_id: str | None
    debtor_code: str
    debtor_full_name: str


class _Part(NamedTuple):
    """A part of a list: its rows, and what they are ordered by before the notice number, if any."""

    conditions: tuple[ColumnElement[bool], ...]
    key: ColumnElement[str] | None
    iupd: ColumnElement[str] | None

    @property
    def range(self) -> list[ColumnElement[bool]]:
        """SQL conditions: the keys begin with the name."""
        return [] if self.key is None else [_begins(self.key)]


class _Step(StrEnum):
    """The rows of a part that one statement reads."""

    #: From its beginning.
    ALL = "all"
    #: After a place: those of the same key, then those of later keys.
    SAME_KEY = "same"
    LATER_KEY = "later"


def page(
    connection: Connection,
    organization: str,
    listing: NoticeFilter,
    limit: int,
    after: NoticeKey | None = None,
    *conditions: ColumnElement[bool],
) -> tuple[list[ListedNotice], NoticeKey | None]:
    """Return the notices after a place, and the place after which the next page begins, if any.

    `conditions` narrow the list.
    """
    kind, values = _values(organization, listing)
    if after is not None:
        values |= {"after_key": after.key, "after_iupd": after.iupd, "after_nav": after.nav}
    keys: list[NoticeKey] = []
    for number, part in enumerate(_parts(kind)):
        if after is not None and number < after.part:
            continue
        begin = after if after is not None and number == after.part else None
        for step in _steps(part, begin, values["first"]):
            missing = limit + 1 - len(keys)
            if missing:
                statement = _narrowed(_statement(kind, number, step), conditions)
                rows = connection.execute(statement, {**values, "limit": missing})
                keys += [NoticeKey(number, *row) for row in rows]
    notices = of_numbers(connection, organization, [key.nav for key in keys[:limit]])
    return notices, keys[limit - 1] if len(keys) > limit else None


def of_numbers(
    connection: Connection, organization: str, navs: Sequence[str]
) -> list[ListedNotice]:
    """Return the notices of these numbers in their order, without those that are not there."""
    # WHY: their columns are read once.  To write each part's statement with all of them takes
    # longer than to execute it.
    if not navs:
        return []
    rows = connection.execute(_whole(), {"organization": organization, "navs": navs})
    notices = {notice.nav: notice for notice in map(ListedNotice._make, rows)}
    return [notices[nav] for nav in navs if nav in notices]


def count(
    connection: Connection,
    organization: str,
    listing: NoticeFilter,
    *conditions: ColumnElement[bool],
) -> int:
    """Return how many notices a list has, or one more than `MOST_COUNTED` if it has more."""
    kind, values = _values(organization, listing)
    total = 0
    for number in range(len(_parts(kind))):
        values["limit"] = MOST_COUNTED + 1 - total
        statement = _count(kind, number, conditions) if conditions else _whole_count(kind, number)
        total += connection.execute(statement, values).scalar_one()
    return total


def debtors(
    connection: Connection, organization: str, name: str, *conditions: ColumnElement[bool]
) -> Counter[tuple[str, str]]:
    """Return how many notices each debtor of a name has, by code and name.

    The first `MOST_COUNTED` notices of the list and one more are counted.
    """
    counts: Counter[tuple[str, str]] = Counter()
    kind, values = _values(organization, NoticeFilter(name=name))
    for number in range(len(_parts(kind))):
        values["limit"] = MOST_COUNTED + 1 - counts.total()
        rows = connection.execute(_narrowed(_names(kind, number), conditions), values)
        counts.update((row[0], row[1]) for row in rows)
    return counts


def _values(organization: str, listing: NoticeFilter) -> tuple[str | None, dict[str, Any]]:
    """Returns the field by which a list is filtered, if any, and the parameters of its statements.

    The first field that has a value counts.
    """
    given = ((kind, value) for kind, value in listing._asdict().items() if value is not None)
    kind, value = next(given, (None, ""))
    first = fold(value) if kind == "name" else ""
    bounds = {"first": first, "last": first + _LAST_CHARACTER}
    return kind, {"organization": organization, "value": value, **bounds}


# WHY: SQLAlchemy takes longer to write these statements than the databases to execute them.  So
# each is written once, with parameters.


@lru_cache
def _parts(kind: str | None) -> Sequence[_Part]:
    """Returns the parts of a list by this field of its filter, in their order."""
    value = bindparam("value", type_=String())
    if kind == "debtor_code":
        of_position = POSITION.debtor_code == value, OPTION.debtor_code.is_(None)
        return (
            _Part(of_position, None, POSITION.iupd),
            _Part((OPTION.debtor_code == value,), None, OPTION.iupd),
        )
    if kind == "name":
        return (*_of_name(own=False), *_of_name(own=True))
    return (_Part(() if kind is None else (OPTION[kind] == value,), None, None),)


def _of_name(*, own: bool) -> Iterator[_Part]:
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
        yield _Part((owner, *many, *map(not_, earlier)), key, table.iupd)
        earlier.append(_begins(key))


def _begins(key: ColumnElement[str]) -> ColumnElement[bool]:
    """SQL condition: a key begins with the name."""
    return and_(key >= bindparam("first", type_=String()), _before_end(key))


def _before_end(key: ColumnElement[str]) -> ColumnElement[bool]:
    """SQL condition: a key comes before the last that begins with the name."""
    return key < bindparam("last", type_=String())


def _steps(part: _Part, after: NoticeKey | None, first: str) -> Sequence[_Step]:
    """Returns the statements that read a part from a place on, one after another."""
    if after is None or after.key < first:
        return [_Step.ALL]
    # WHY: each of the two is a range of the index.  Of one condition for both, SQLite reads more.
    return [_Step.SAME_KEY] if part.key is None else [_Step.SAME_KEY, _Step.LATER_KEY]


@lru_cache
def _statement(kind: str | None, number: int, step: _Step) -> Select[Any]:
    """Returns the statement of a step of a part."""
    part = _parts(kind)[number]
    columns = literal("") if part.key is None else part.key, OPTION.iupd, OPTION.nav
    order = [column for column in (part.key, part.iupd) if column is not None]
    statement = _select(part, *columns).order_by(*order, OPTION.nav)
    statement = statement.limit(bindparam("limit", type_=Integer()))
    if step is _Step.ALL:
        return statement.where(*part.range)
    key = bindparam("after_key", type_=String())
    if step is _Step.LATER_KEY:
        assert part.key is not None
        # WHY: of two lower bounds of one index, SQLite may choose the one that leaves out less.
        return statement.where(part.key > key, _before_end(part.key))
    following = OPTION.nav > bindparam("after_nav", type_=String())
    if part.iupd is not None:
        iupd = bindparam("after_iupd", type_=String())
        same = and_(part.iupd == iupd, following)
        following = and_(part.iupd >= iupd, or_(part.iupd > iupd, same))
    return statement.where(*([] if part.key is None else [part.key == key]), following)


def _narrowed(statement: Select[Any], conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Returns a statement with these conditions too; without any, the statement itself."""
    return statement.where(*conditions) if conditions else statement


@lru_cache
def _whole_count(kind: str | None, number: int) -> Select[Any]:
    """Returns the statement that counts a part up to a limit."""
    return _count(kind, number, ())


def _count(kind: str | None, number: int, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Returns the statement that counts the rows of a part that meet conditions, up to a limit."""
    part = _parts(kind)[number]
    rows = _select(part, literal(1)).where(*part.range, *conditions)
    limited = rows.limit(bindparam("limit", type_=Integer())).subquery()
    return select(func.count()).select_from(limited)


@lru_cache
def _names(kind: str | None, number: int) -> Select[Any]:
    """Returns the statement that reads code and name of the debtor of each notice of a part."""
    part = _parts(kind)[number]
    code = func.coalesce(OPTION.debtor_code, POSITION.debtor_code)
    full_name = func.coalesce(OPTION.debtor_full_name, POSITION.debtor_full_name)
    statement = _select(part, code, full_name).where(*part.range)
    return statement.limit(bindparam("limit", type_=Integer()))


@lru_cache
def _whole() -> Select[Any]:
    """Returns the statement that reads whole notices by their numbers."""
    of_numbers = OPTION.nav.in_(bindparam("navs", type_=String(), expanding=True))
    return _select(_Part((of_numbers,), None, None), *_columns())


def _select(part: _Part, *columns: Any) -> Select[Any]:
    of_position = and_(POSITION.organization == _ORGANIZATION, POSITION.iupd == OPTION.iupd)
    return (
        select(*columns)
        .join_from(tables.payment_option, tables.position, of_position)
        .where(OPTION.organization == _ORGANIZATION, *part.conditions)
    )


def _columns() -> Iterator[ColumnElement[Any]]:
    """Yields the columns of a `ListedNotice` in the order of its fields."""
    computed: dict[str, ColumnElement[Any]] = {
        "amount": amount_due(),
        "alternative_paid": alternative_paid(_ORGANIZATION),
        "published_at": POSITION.published_at,
        "withdrawn_at": POSITION.withdrawn_at,
        "debtor_code": func.coalesce(OPTION.debtor_code, POSITION.debtor_code),
        "debtor_full_name": func.coalesce(OPTION.debtor_full_name, POSITION.debtor_full_name),
    }
    for name in ListedNotice._fields:
        yield computed[name] if name in computed else OPTION[name]
