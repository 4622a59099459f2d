"""One page of a list, with the number of rows on all pages."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, select


class PageRequest(NamedTuple):
    """The rows that a caller wants: `limit` rows on a page, and the number of the page from 0."""

    limit: int
    page: int


def fetch_page(
    connection: Connection, statement: Select[Any], request: PageRequest
) -> tuple[list[Row[Any]], int]:
    """Returns the rows of one page of the statement, and the number of rows on all pages."""
    counting = select(func.count()).select_from(statement.order_by(None).subquery())
    total = connection.execute(counting).scalar_one()
    first = request.limit * request.page
    rows = connection.execute(statement.limit(request.limit).offset(first))
    return list(rows), total
