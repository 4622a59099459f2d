"""What all answers share: times of Rome, no empty fields, pages with a total."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic.alias_generators import to_camel

from gpd_soap.core import rome
from gpd_soap.validation.queries.common import Paged

Body = dict[str, Any]


def rome_text(instant: datetime | None) -> str | None:
    """Returns an instant as Rome's time without zone, to the microsecond; None of None."""
    return (
        None if instant is None else instant.astimezone(rome.ROME).replace(tzinfo=None).isoformat()
    )


def without_none(**fields: object) -> Body:
    """Returns the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def camel_case(**fields: object) -> Body:
    """Returns the fields that have a value, with names in camel case."""
    return {to_camel(name): value for name, value in without_none(**fields).items()}


def page_info(total: int, limit: int, page: int) -> Body:
    """Returns the position of a page; `items_found` counts the rows of all pages."""
    return {"page": page, "limit": limit, "items_found": total, "total_pages": -(-total // limit)}


def listed(name: str, rows: list[Body], total: int, query: Paged) -> Body:
    """Returns a page of a list, with the rows in the field `name`."""
    return {name: rows, "page_info": page_info(total, query.limit, query.page)}
