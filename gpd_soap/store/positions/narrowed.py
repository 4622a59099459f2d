"""Lists the notices of a search that are in a state, or due between two instants.

A page looks at a bounded number of notices, as a list by due date does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func

from gpd_soap.store.positions.notice_statements import parts, step_statement, steps
from gpd_soap.store.positions.notices import (
    ListedNotice,
    NoticeFilter,
    NoticeKey,
    of_numbers,
    values_of,
)
from gpd_soap.store.rows import OPTION, POSITION

#: LIMIT: 1,000 notices of a search that one page looks at; PostgreSQL folds the name of each again,
#: in some 20 microseconds.
MOST_LOOKED_AT = 1000


class NarrowedPage(NamedTuple):
    """A page of a narrowed search; without `following` it is the last.

    `is_full`: it has as many notices as it may.  `total` counts those from its first one on; None
    if not all were looked at.  `debtors` has how many of them each debtor has, by code and name.
    """

    notices: list[ListedNotice]
    following: NoticeKey | None
    is_full: bool
    total: int | None
    debtors: Counter[tuple[str, str]]


class _Row(NamedTuple):
    """A notice that meets the conditions: its place, and its debtor."""

    key: NoticeKey
    debtor: tuple[str, str]


def page(
    connection: Connection,
    organization: str,
    listing: NoticeFilter,
    conditions: Sequence[ColumnElement[bool]],
    limit: int,
    after: NoticeKey | None = None,
) -> NarrowedPage:
    """Return the notices after a place that meet the conditions."""
    rows, end = _rows(connection, organization, listing, conditions, after)
    return NarrowedPage(
        of_numbers(connection, organization, [row.key.nav for row in rows[:limit]]),
        rows[limit - 1].key if len(rows) > limit else end,
        len(rows) > limit,
        len(rows) if end is None else None,
        Counter(row.debtor for row in rows),
    )


def _rows(
    connection: Connection,
    organization: str,
    listing: NoticeFilter,
    conditions: Sequence[ColumnElement[bool]],
    after: NoticeKey | None,
) -> tuple[list[_Row], NoticeKey | None]:
    """Returns the matching ones of the next notices, and where looking stopped, if it did."""
    kind, values = values_of(organization, listing, after)
    rows: list[_Row] = []
    left = MOST_LOOKED_AT
    for number, part in enumerate(parts(kind)):
        if after is not None and number < after.part:
            continue
        begin = after if after is not None and number == after.part else None
        for step in steps(part, begin and begin.key, values["first"]):
            statement = _with_match(step_statement(kind, number, step), conditions)
            last = None
            for key, iupd, nav, code, name, matches in connection.execute(
                statement, {**values, "limit": left}
            ):
                last, left = NoticeKey(number, key, iupd, nav), left - 1
                if matches:
                    rows.append(_Row(last, (code, name)))
            if not left:
                return rows, last
    return rows, None


def _with_match(statement: Select[Any], conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Returns the statement with the debtor of each notice, and whether it meets the conditions."""
    return statement.add_columns(
        func.coalesce(OPTION.debtor_code, POSITION.debtor_code),
        func.coalesce(OPTION.debtor_full_name, POSITION.debtor_full_name),
        case((and_(*conditions), 1), else_=0),
    )
