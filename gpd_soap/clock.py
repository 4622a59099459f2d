"""The time as an argument: who needs it is given a clock, and a test gives its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

#: Gives the UTC time of each question.
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)
