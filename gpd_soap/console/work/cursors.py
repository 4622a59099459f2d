"""Where the next page of a list begins, as a text in an address."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, unquote

from gpd_soap.store.receipts.queue import QueueKey


def queue_key(text: str | None) -> QueueKey | None:
    """Returns the key that a text stands for; None, the beginning, for any other text."""
    if not text:
        return None
    try:
        moment, variant, name = text.split("~", 2)
        key = QueueKey(datetime.fromisoformat(moment).astimezone(UTC), unquote(name), int(variant))
    except (ValueError, OverflowError):
        return None
    is_storable = "\0" not in key.name and -1 <= key.variant < 10**9
    return key if is_storable else None


def queue_cursor(key: QueueKey | None) -> str | None:
    """Returns a key as a text; None if there is no next page."""
    if key is None:
        return None
    moment = key.since.astimezone(UTC).isoformat()
    return f"{moment}~{key.variant}~{quote(key.name, safe='')}"
