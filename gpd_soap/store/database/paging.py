"""A list, page by page, with how many rows there are on all of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, select


class PageRequest(NamedTuple):
    """Which rows of a list: so many on a page, and which page; the first is 0."""

    limit: int
    page: int


def fetch_page(
    connection: Connection, asked: Select[Any], wanted: PageRequest
) -> tuple[list[Row[Any]], int]:
    """The rows of one page of what is asked, and the number of rows on all pages."""
    counted = select(func.count()).select_from(asked.order_by(None).subquery())
    total = connection.execute(counted).scalar_one()
    rows = connection.execute(asked.limit(wanted.limit).offset(wanted.limit * wanted.page))
    return list(rows), total
