"""The clock as an argument, so that a test can pass its own (Time, rule 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

#: Returns the current time in UTC.
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time of the machine in UTC."""
    return datetime.now(UTC)
