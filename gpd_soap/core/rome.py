"""Time at the edge: UTC inside, Rome's calendar and clock in messages and files.

The same local time comes twice when summer time ends, and one hour never comes when it starts.
Read here without a zone, the first of two is meant, and a missing time is moved on by the hour
that was skipped (fold=0).  Source: DESIGN 4, "Time"; the lexical forms are XML Schema 1.0's.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

# WHY: at import, so that a machine without time zone data fails at once and not at a payment.
ROME = ZoneInfo("Europe/Rome")

_XML_SPACE = " \t\r\n"
_ZONE = r"(?P<zone>Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_DAY = re.compile(r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})" + _ZONE)
_INSTANT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?" + _ZONE
)


def end_of_day(day: date) -> datetime:
    """Give the last microsecond of a day in Rome, in UTC: a due date includes its whole day."""
    # WHY: fold=1, so that a midnight that came twice (1966) ends its day the second time.
    last = datetime.combine(day, time.max, ROME).replace(fold=1)
    return last.astimezone(UTC)


def day_of(instant: datetime) -> date:
    """Tell the day in Rome at an instant; ValueError without a zone."""
    return _in_rome(instant).date()


def parse_instant(text: str) -> datetime:
    """Read a date-time, in UTC; without a zone it is Rome's (see above for the two odd hours).

    Seconds may be left out (ISO 8601), 24:00:00 is the next midnight, and a fraction is cut to
    microseconds.  ValueError for any other form, and outside the years 1 to 9999 in UTC or Rome.
    """
    match = _INSTANT.fullmatch(text.strip(_XML_SPACE))
    if match is None:
        raise ValueError("expected a date-time such as 2026-03-31T12:00:00 or with +02:00 or Z")
    try:
        instant = _local(match).replace(tzinfo=_zone(match["zone"])).astimezone(UTC)
        instant.astimezone(ROME)  # WHY: what is accepted here can always be said.
    except (OverflowError, ValueError) as error:
        raise ValueError("expected a day and a time that exist, of the years 1 to 9999") from error
    return instant


def parse_day(text: str) -> date:
    """Read an xsd:date as the day that is written; a zone may follow and changes nothing.

    ValueError for any other form and outside the years 1 to 9999.
    """
    match = _DAY.fullmatch(text.strip(_XML_SPACE))
    if match is None:
        raise ValueError("expected a date such as 2026-03-31")
    try:
        return date.fromisoformat(match["day"])
    except ValueError as error:
        raise ValueError("expected a day that exists, of the years 1 to 9999") from error


def due_instant(text: str) -> datetime:
    """Read until when something is due, in UTC: a bare date is the end of that day in Rome.

    A date-time is read by `parse_instant`; ValueError as there and in `parse_day`.
    """
    return parse_instant(text) if "T" in text else end_of_day(parse_day(text))


def to_wire_date(instant: datetime) -> str:
    """Say an instant as a message does where a day is wanted: Rome's, without a zone."""
    return day_of(instant).isoformat()


def to_wire_datetime(instant: datetime) -> str:
    """Say an instant as Rome's clock does, without a zone, cut to seconds.

    LIMIT: in the hour that comes twice the second time is said like the first.
    """
    return _in_rome(instant).replace(tzinfo=None).isoformat(timespec="seconds")


def _in_rome(instant: datetime) -> datetime:
    # WHY: without this, Python would take the machine's own zone.
    if instant.tzinfo is None:
        raise ValueError("expected an instant with its zone")
    return instant.astimezone(ROME)


def _local(match: re.Match[str]) -> datetime:
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    fraction = match["fraction"] or ""
    # SPEC: XML Schema 1.0 part 2, 3.2.7.1: 24:00:00 is the first instant of the next day.
    midnight = match["hour"] == "24" and not (minute or second or fraction.strip("0"))
    wall = datetime.fromisoformat(match["day"]).replace(
        hour=0 if midnight else hour,
        minute=minute,
        second=second,
        microsecond=int(fraction[:6].ljust(6, "0")),
    )
    return wall + timedelta(days=midnight)


def _zone(text: str | None) -> tzinfo:
    if text is None:
        return ROME
    if text == "Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-offset if text[0] == "-" else offset)
