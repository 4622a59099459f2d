"""Lists notices one after another, each page from where the one before ended.

A list reads its parts one after another: a notice that has its own debtor is in another index than
one of its position's debtor, and each order of the words of a name is an index too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, not_, or_, select

from gpd_soap.core.searching.folding import fold
from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, POSITION, alternative_paid, amount_due
from gpd_soap.store.tables.name_keys import NAME_KEYS, FirstWordLast, ManyWords, name_key

#: Greater than every character of a name, in either database.
_LAST_CHARACTER = "\U0010ffff"
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
    """A part of a list: its rows, and what they are ordered by before the notice number, if any.

    Its keys begin with `prefix`.
    """

    conditions: tuple[ColumnElement[bool], ...]
    key: ColumnElement[str] | None
    iupd: ColumnElement[str] | None
    prefix: str = ""

    @property
    def range(self) -> list[ColumnElement[bool]]:
        """SQL conditions: the keys begin with the prefix."""
        return [] if self.key is None else [self.key >= self.prefix, self.before_end]

    @property
    def before_end(self) -> ColumnElement[bool]:
        """SQL condition: the keys come before the last that begins with the prefix."""
        assert self.key is not None
        return self.key < self.prefix + _LAST_CHARACTER


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
    keys: list[NoticeKey] = []
    for number, part in enumerate(_parts(listing)):
        if after is not None and number < after.part:
            continue
        begin = after if after is not None and number == after.part else None
        for statement in _statements(organization, part, begin):
            missing = limit + 1 - len(keys)
            if missing:
                rows = connection.execute(statement.where(*conditions).limit(missing))
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
    part = _Part((OPTION.nav.in_(navs),), None, None)
    rows = connection.execute(_select(organization, part, *_columns(organization)))
    notices = {notice.nav: notice for notice in map(ListedNotice._make, rows)}
    return [notices[nav] for nav in navs if nav in notices]


def count(
    connection: Connection,
    organization: str,
    listing: NoticeFilter,
    *conditions: ColumnElement[bool],
) -> int:
    """Return how many notices a list has, or one more than `MOST_COUNTED` if it has more."""
    total = 0
    for part in _parts(listing):
        statement = _select(organization, part, literal(1)).where(*part.range, *conditions)
        rows = statement.limit(MOST_COUNTED + 1 - total).subquery()
        total += connection.execute(select(func.count()).select_from(rows)).scalar_one()
    return total


def debtors(
    connection: Connection, organization: str, name: str, *conditions: ColumnElement[bool]
) -> Counter[tuple[str, str]]:
    """Return how many notices each debtor of a name has, by code and name.

    The first `MOST_COUNTED` notices of the list and one more are counted.
    """
    counts: Counter[tuple[str, str]] = Counter()
    code = func.coalesce(OPTION.debtor_code, POSITION.debtor_code)
    full_name = func.coalesce(OPTION.debtor_full_name, POSITION.debtor_full_name)
    for part in _parts(NoticeFilter(name=name)):
        statement = _select(organization, part, code, full_name).where(*part.range, *conditions)
        rows = connection.execute(statement.limit(MOST_COUNTED + 1 - counts.total()))
        counts.update((row[0], row[1]) for row in rows)
    return counts


def _parts(listing: NoticeFilter) -> Sequence[_Part]:
    """Returns the parts of a list, in their order."""
    if listing.debtor_code is not None:
        code = listing.debtor_code
        of_position = POSITION.debtor_code == code, OPTION.debtor_code.is_(None)
        return [
            _Part(of_position, None, POSITION.iupd),
            _Part((OPTION.debtor_code == code,), None, OPTION.iupd),
        ]
    if listing.name is not None:
        return [*_of_name(listing.name, own=False), *_of_name(listing.name, own=True)]
    for column in (OPTION.nav, OPTION.iuv, OPTION.iupd):
        value = getattr(listing, column.name)
        if value is not None:
            return [_Part((column == value,), None, None)]
    return [_Part((), None, None)]


def _of_name(name: str, *, own: bool) -> Iterator[_Part]:
    """Yields a part for each order of the words of a name: of the notice's debtor, or position's.

    Each has the notices that no earlier one has.
    """
    table = OPTION if own else POSITION
    own_name = OPTION.debtor_full_name
    owner = own_name.is_not(None) if own else own_name.is_(None)
    first = fold(name)
    earlier: list[ColumnElement[bool]] = []
    for kind in NAME_KEYS:
        key = name_key(kind, table.debtor_full_name)
        begins = and_(key >= first, key < first + _LAST_CHARACTER)
        # WHY: the index of this order has the names of many words alone.
        many = [ManyWords(table.debtor_full_name)] if kind is FirstWordLast else []
        yield _Part((owner, *many, *map(not_, earlier)), key, table.iupd, first)
        earlier.append(begins)


def _statements(organization: str, part: _Part, after: NoticeKey | None) -> Iterator[Select[Any]]:
    """Yields the statements that read a part from a place on, one after another."""
    columns = literal("") if part.key is None else part.key, OPTION.iupd, OPTION.nav
    order = [column for column in (part.key, part.iupd) if column is not None]
    statement = _select(organization, part, *columns).order_by(*order, OPTION.nav)
    if after is None or after.key < part.prefix:
        yield statement.where(*part.range)
        return
    # WHY: each of the two is a range of the index.  Of one condition for both, SQLite reads more.
    following = OPTION.nav > after.nav
    if part.iupd is not None:
        same = and_(part.iupd == after.iupd, following)
        following = and_(part.iupd >= after.iupd, or_(part.iupd > after.iupd, same))
    if part.key is None:
        yield statement.where(following)
    else:
        yield statement.where(part.key == after.key, following)
        # WHY: of two lower bounds of one index, SQLite may choose the one that leaves out less.
        yield statement.where(part.key > after.key, part.before_end)


def _select(organization: str, part: _Part, *columns: Any) -> Select[Any]:
    of_position = and_(POSITION.organization == organization, POSITION.iupd == OPTION.iupd)
    return (
        select(*columns)
        .join_from(tables.payment_option, tables.position, of_position)
        .where(OPTION.organization == organization, *part.conditions)
    )


def _columns(organization: str) -> Iterator[ColumnElement[Any]]:
    """Yields the columns of a `ListedNotice` in the order of its fields."""
    computed: dict[str, ColumnElement[Any]] = {
        "amount": amount_due(),
        "alternative_paid": alternative_paid(organization),
        "published_at": POSITION.published_at,
        "withdrawn_at": POSITION.withdrawn_at,
        "debtor_code": func.coalesce(OPTION.debtor_code, POSITION.debtor_code),
        "debtor_full_name": func.coalesce(OPTION.debtor_full_name, POSITION.debtor_full_name),
    }
    for name in ListedNotice._fields:
        yield computed[name] if name in computed else OPTION[name]
