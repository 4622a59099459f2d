"""What answers of every part of the API have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic.alias_generators import to_camel

from gpd_soap.admin.parameters import Paged
from gpd_soap.core import rome


def local(instant: datetime | None) -> str | None:
    """An instant on Rome's clock, to the microsecond, so that it can be sent back unchanged."""
    return (
        None if instant is None else instant.astimezone(rome.ROME).replace(tzinfo=None).isoformat()
    )


def page_info(total: int, limit: int, at: int) -> dict[str, int]:
    """Which page it is of how many; `items_found` counts what is on all of them."""
    return {"page": at, "limit": limit, "items_found": total, "total_pages": -(-total // limit)}


def row(**told: object) -> dict[str, Any]:
    """A row as JSON has it: names in camel case, what is not there left out."""
    return {to_camel(name): value for name, value in told.items() if value is not None}


def listed(name: str, rows: list[dict[str, Any]], total: int, query: Paged) -> dict[str, object]:
    """A page of a list, which stands under this name."""
    return {name: rows, "page_info": page_info(total, query.limit, query.page)}
