"""How every answer is written: Rome's clock, what is there and nothing else, pages with a total."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic.alias_generators import to_camel

from gpd_soap.core import rome
from gpd_soap.validation.queries.common import Paged

Body = dict[str, Any]


def rome_text(instant: datetime | None) -> str | None:
    """An instant on Rome's clock, to the microsecond, so that it can be sent back unchanged."""
    return (
        None if instant is None else instant.astimezone(rome.ROME).replace(tzinfo=None).isoformat()
    )


def without_none(**told: object) -> Body:
    """The fields that have a value."""
    return {name: value for name, value in told.items() if value is not None}


def camel_case(**told: object) -> Body:
    """A row as JSON has it: names in camel case, what is not there left out."""
    return {to_camel(name): value for name, value in without_none(**told).items()}


def page_info(total: int, limit: int, at: int) -> Body:
    """Which page it is of how many; `items_found` counts what is on all of them."""
    return {"page": at, "limit": limit, "items_found": total, "total_pages": -(-total // limit)}


def listed(name: str, rows: list[Body], total: int, query: Paged) -> Body:
    """A page of a list, which stands under this name."""
    return {name: rows, "page_info": page_info(total, query.limit, query.page)}
