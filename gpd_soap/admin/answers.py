"""How every answer is written: Rome's clock, what is there and nothing else, pages with a total."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gpd_soap.core import rome

Body = dict[str, Any]


def local(instant: datetime | None) -> str | None:
    """An instant on Rome's clock, to the microsecond, so that it can be sent back unchanged."""
    return (
        None if instant is None else instant.astimezone(rome.ROME).replace(tzinfo=None).isoformat()
    )


def there(**told: object) -> Body:
    """The fields that have a value."""
    return {name: value for name, value in told.items() if value is not None}


def page_info(total: int, limit: int, at: int) -> Body:
    """Which page it is; `items_found` counts what is on all of them."""
    return {"page": at, "limit": limit, "items_found": total, "total_pages": -(-total // limit)}
