"""Where the next page of a list begins, as a text in an address."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, unquote

from gpd_soap.store.receipts.queue import CasePlace


def case_place(text: str | None) -> CasePlace | None:
    """Returns the place that a text stands for; None, the beginning, for any other text."""
    if not text:
        return None
    try:
        at, variant, name = text.split("~", 2)
        place = CasePlace(datetime.fromisoformat(at).astimezone(UTC), unquote(name), int(variant))
    except (ValueError, OverflowError):
        return None
    is_storable = "\0" not in place.name and -1 <= place.variant < 10**9
    return place if is_storable else None


def case_place_text(place: CasePlace | None) -> str | None:
    """Returns a place as a text; None if there is no next page."""
    if place is None:
        return None
    at = place.received_at.astimezone(UTC).isoformat()
    return f"{at}~{place.variant}~{quote(place.name, safe='')}"
