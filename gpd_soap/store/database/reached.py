"""Whether a stored instant has come, where the clock that wrote it may have been wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_

#: LIMIT: 2 days, longer than every pause, so that it is no instant of a right clock; machines whose
#: clocks differ by less leave each other's leases alone.
FAR = timedelta(days=2)


def reached(instant: Any, now: datetime) -> ColumnElement[bool]:
    """SQL condition: a column has an instant that has come, or one that no right clock has written.

    WHY: a machine whose clock was ahead wrote an instant of its own.  When the clock is right
    again, nobody would do the work until then.
    """
    return or_(instant <= now, is_far(instant, now))


def is_far(instant: Any, now: datetime, every: timedelta = timedelta(0)) -> ColumnElement[bool]:
    """SQL condition: an instant is further away than FAR, and than the interval of a schedule."""
    condition: ColumnElement[bool] = instant > now + FAR + every
    return condition
