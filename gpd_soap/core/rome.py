"""Conversion of times: UTC in the program, Rome's calendar and clock in messages and files.

One hour occurs twice when summer time ends, and one is skipped when it starts.  A time without a
zone is the first of two equal ones; a skipped time is read one hour later (fold=0).
Source: Time, rules 1 to 3; XML Schema 1.0 for the lexical forms.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

# WHY: read at import, so that a machine without time zone data fails at once.
ROME = ZoneInfo("Europe/Rome")

_XML_SPACE = " \t\r\n"
_ZONE = r"(?P<zone>Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_DAY = re.compile(r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})" + _ZONE)
_INSTANT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?" + _ZONE
)


def end_of_day(day: date) -> datetime:
    """Return the last microsecond of a day in Rome, in UTC (Time, rule 3)."""
    # WHY: in 1966 a midnight occurred twice; fold=1 ends the day at the second.
    last = datetime.combine(day, time.max, ROME).replace(fold=1)
    return last.astimezone(UTC)


def without_fold(instant: datetime) -> datetime:
    """Return the instant that Rome's time without a zone means, in UTC.

    It is the instant itself, but for the second of two equal times when summer time ends.
    """
    return _in_rome(instant).replace(fold=0).astimezone(UTC)


def day_of(instant: datetime) -> date:
    """Return the day in Rome at an instant.  Raises ValueError if it has no zone."""
    return _in_rome(instant).date()


def parse_instant(text: str) -> datetime:
    """Return a date-time in UTC; without a zone it is Rome's (Time, rule 2).

    Seconds may be left out (ISO 8601), 24:00:00 is the next midnight, and a fraction is cut to
    microseconds.  Raises ValueError for any other form, and outside the years 1 to 9999 in UTC or
    Rome.
    """
    match = _INSTANT.fullmatch(text.strip(_XML_SPACE))
    if match is None:
        raise ValueError("expected a date-time such as 2026-03-31T12:00:00 or with +02:00 or Z")
    try:
        instant = _local(match).replace(tzinfo=_zone(match["zone"])).astimezone(UTC)
        instant.astimezone(ROME)  # WHY: an accepted instant can be written.
    except (OverflowError, ValueError) as error:
        raise ValueError("expected a day and a time that exist, of the years 1 to 9999") from error
    return instant


def parse_day(text: str) -> date:
    """Return the day that an xsd:date writes; a zone after it is ignored.

    Raises ValueError for any other form and outside the years 1 to 9999.
    """
    match = _DAY.fullmatch(text.strip(_XML_SPACE))
    if match is None:
        raise ValueError("expected a date such as 2026-03-31")
    try:
        return date.fromisoformat(match["day"])
    except ValueError as error:
        raise ValueError("expected a day that exists, of the years 1 to 9999") from error


def due_instant(text: str) -> datetime:
    """Return a due date in UTC: a bare date is the end of that day in Rome (Time, rule 3).

    `parse_instant` reads a date-time.  Raises ValueError as it and `parse_day` do.
    """
    return parse_instant(text) if "T" in text else end_of_day(parse_day(text))


def to_wire_date(instant: datetime) -> str:
    """Return the day in Rome at an instant as an xsd:date without a zone."""
    return day_of(instant).isoformat()


def to_wire_datetime(instant: datetime) -> str:
    """Return the time in Rome at an instant as an xsd:dateTime without a zone, cut to seconds.

    LIMIT: in the hour that occurs twice, the second time is written like the first.
    """
    return _in_rome(instant).replace(tzinfo=None).isoformat(timespec="seconds")


def _in_rome(instant: datetime) -> datetime:
    # WHY: Python would take an instant without a zone to be in the machine's zone.
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
