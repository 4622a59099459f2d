"""What answers of every part of the API have in common."""

from __future__ import annotations

from datetime import datetime

from gpd_soap.core import rome


def local(instant: datetime | None) -> str | None:
    """An instant on Rome's clock, to the microsecond, so that it can be sent back unchanged."""
    return (
        None if instant is None else instant.astimezone(rome.ROME).replace(tzinfo=None).isoformat()
    )


def page_info(total: int, limit: int, at: int) -> dict[str, int]:
    """Which page it is of how many; `items_found` counts what is on all of them."""
    return {"page": at, "limit": limit, "items_found": total, "total_pages": -(-total // limit)}
