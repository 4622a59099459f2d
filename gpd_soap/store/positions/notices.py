"""Lists notices one after another, each page from where the one before ended.

A list reads its parts one after another, each from its own index.  One index has the notices with a
debtor of their own, another those of the position's debtor, for each order of a name's words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, String, bindparam, func

from gpd_soap.core.searching.folding import fold
from gpd_soap.store.positions.notice_statements import (
    ORGANIZATION,
    Part,
    count_statement,
    names_statement,
    parts,
    select_part,
    step_statement,
    steps,
)
from gpd_soap.store.rows import OPTION, POSITION, alternative_paid, amount_due

#: Greater than every character of a name, in either database.
_LAST_CHARACTER = "\U0010ffff"
#: The fields of a place that a statement compares.
_PLACE = ("key", "iupd", "nav")
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


def page(
    connection: Connection,
    organization: str,
    listing: NoticeFilter,
    limit: int,
    after: NoticeKey | None = None,
) -> tuple[list[ListedNotice], NoticeKey | None]:
    """Return the notices after a place, and the place after which the next page begins, if any."""
    kind, values = values_of(organization, listing, after)
    keys: list[NoticeKey] = []
    for number, part in enumerate(parts(kind)):
        if after is not None and number < after.part:
            continue
        begin = after if after is not None and number == after.part else None
        for step in steps(part, begin and begin.key, values["first"]):
            missing = limit + 1 - len(keys)
            if missing:
                statement = step_statement(kind, number, step)
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
    rows = connection.execute(_listed_notices(), {"organization": organization, "navs": navs})
    notices = {notice.nav: notice for notice in map(ListedNotice._make, rows)}
    return [notices[nav] for nav in navs if nav in notices]


def count(connection: Connection, organization: str, listing: NoticeFilter) -> int:
    """Return how many notices a list has, or one more than `MOST_COUNTED` if it has more."""
    kind, values = values_of(organization, listing)
    total = 0
    for number in range(len(parts(kind))):
        values["limit"] = MOST_COUNTED + 1 - total
        total += connection.execute(count_statement(kind, number), values).scalar_one()
    return total


def debtors(connection: Connection, organization: str, name: str) -> Counter[tuple[str, str]]:
    """Return how many notices each debtor of a name has, by code and name.

    The first `MOST_COUNTED` notices of the list and one more are counted.
    """
    counts: Counter[tuple[str, str]] = Counter()
    kind, values = values_of(organization, NoticeFilter(name=name))
    for number in range(len(parts(kind))):
        values["limit"] = MOST_COUNTED + 1 - counts.total()
        rows = connection.execute(names_statement(kind, number), values)
        counts.update((row[0], row[1]) for row in rows)
    return counts


def values_of(
    organization: str, listing: NoticeFilter, after: NoticeKey | None = None
) -> tuple[str | None, dict[str, Any]]:
    """Returns the field by which a list is filtered, if any, and the parameters of its statements.

    The first field that has a value counts.
    """
    begin = {} if after is None else {f"after_{name}": getattr(after, name) for name in _PLACE}
    given = ((kind, value) for kind, value in listing._asdict().items() if value is not None)
    kind, value = next(given, (None, ""))
    first = fold(value) if kind == "name" else ""
    bounds = {"first": first, "last": first + _LAST_CHARACTER}
    return kind, {"organization": organization, "value": value, **bounds, **begin}


@lru_cache
def _listed_notices() -> Select[Any]:
    """Returns the statement that reads whole notices by their numbers."""
    of_numbers = OPTION.nav.in_(bindparam("navs", type_=String(), expanding=True))
    return select_part(Part((of_numbers,), None, None), *_columns())


def _columns() -> Iterator[ColumnElement[Any]]:
    """Yields the columns of a `ListedNotice` in the order of its fields."""
    computed: dict[str, ColumnElement[Any]] = {
        "amount": amount_due(),
        "alternative_paid": alternative_paid(ORGANIZATION),
        "published_at": POSITION.published_at,
        "withdrawn_at": POSITION.withdrawn_at,
        "debtor_code": func.coalesce(OPTION.debtor_code, POSITION.debtor_code),
        "debtor_full_name": func.coalesce(OPTION.debtor_full_name, POSITION.debtor_full_name),
    }
    for name in ListedNotice._fields:
        yield computed[name] if name in computed else OPTION[name]
