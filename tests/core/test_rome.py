"""Conversion between Rome's time and UTC, on ordinary days and on both days of the change."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gpd_soap.core.rome import (
    day_of,
    due_instant,
    end_of_day,
    parse_day,
    parse_instant,
    to_wire_date,
    to_wire_datetime,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MICROSECOND = timedelta(microseconds=1)
SPRING = date(2026, 3, 29)
AUTUMN = date(2026, 10, 25)

days = st.dates(max_value=date.max - timedelta(days=1))
utc = partial(datetime, tzinfo=UTC)
instants = st.timedeltas(timedelta(0), timedelta(days=3_652_000)).map(utc(1, 1, 2).__add__)
modern = st.timedeltas(timedelta(0), timedelta(days=150_000)).map(utc(1980, 1, 1).__add__)


@given(days)
@example(SPRING)
@example(AUTUMN)
@example(date(1893, 10, 31))
@example(date(1966, 9, 24))
@example(date.min)
def test_end_of_day_is_its_last_microsecond_in_rome(day: date) -> None:
    """One microsecond later it is the next day, also where the clock changed at midnight."""
    assert day_of(end_of_day(day)) == day
    assert day_of(end_of_day(day) + MICROSECOND) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "end"),
    [(date(2026, 1, 31), utc(2026, 1, 31, 22, 59, 59, 999999)),
     (date(2026, 7, 31), utc(2026, 7, 31, 21, 59, 59, 999999)),
     (SPRING - timedelta(days=1), utc(2026, 3, 28, 22, 59, 59, 999999)),
     (SPRING, utc(2026, 3, 29, 21, 59, 59, 999999)),
     (AUTUMN - timedelta(days=1), utc(2026, 10, 24, 21, 59, 59, 999999)),
     (AUTUMN, utc(2026, 10, 25, 22, 59, 59, 999999)),
     (date.max, utc(9999, 12, 31, 22, 59, 59, 999999))],
)  # fmt: skip
def test_end_of_day_follows_summer_time(day: date, end: datetime) -> None:
    """A day ends before 23 UTC in winter and 22 UTC in summer, also on days of the change."""
    assert end_of_day(day) == end
    assert end_of_day(day).tzinfo is UTC


@given(days)
def test_due_date_is_read_back_as_the_same_day(day: date) -> None:
    """A due date is stored as an instant and written as the day that it was."""
    assert to_wire_date(due_instant(day.isoformat())) == day.isoformat()


@given(instants)
def test_instant_with_any_offset_is_read_back_exactly(instant: datetime) -> None:
    """The offset does not matter, and microseconds are kept."""
    assert parse_instant(instant.isoformat()) == instant
    east = instant.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert parse_instant(east.isoformat()) == instant


@given(modern)
@example(utc(2026, 3, 29, 0, 59, 59))
@example(utc(2026, 3, 29, 1))
@example(utc(2026, 10, 25, 0, 30))
@example(utc(2026, 10, 25, 1, 30))
@example(utc(2026, 10, 25, 2))
def test_instant_written_in_romes_time_is_read_back_to_the_second(
    instant: datetime,
) -> None:
    """In the hour that occurs twice, the second time is read as the first."""
    back = parse_instant(to_wire_datetime(instant))
    difference = instant.replace(microsecond=0) - back
    assert difference in (timedelta(0), timedelta(hours=1))
    assert to_wire_datetime(back) == to_wire_datetime(instant)


def test_time_that_occurs_twice_is_read_as_the_first() -> None:
    """When summer time ends, 02:30 without a zone is still summer time."""
    assert parse_instant("2026-10-25T02:30:00") == utc(2026, 10, 25, 0, 30)
    assert parse_instant("2026-10-25T02:30:00+01:00") == utc(2026, 10, 25, 1, 30)
    assert to_wire_datetime(utc(2026, 10, 25, 0, 30)) == "2026-10-25T02:30:00"
    assert to_wire_datetime(utc(2026, 10, 25, 1, 30)) == "2026-10-25T02:30:00"


def test_skipped_time_is_read_one_hour_later() -> None:
    """When summer time starts, 02:30 is read as 03:30."""
    assert parse_instant("2026-03-29T02:30:00") == utc(2026, 3, 29, 1, 30)
    assert to_wire_datetime(utc(2026, 3, 29, 1, 30)) == "2026-03-29T03:30:00"


@pytest.mark.parametrize(
    ("text", "instant"),
    [("2026-01-15T12:00:00", utc(2026, 1, 15, 11)),
     ("2026-07-15T12:00:00", utc(2026, 7, 15, 10)),
     ("2026-07-15T12:00", utc(2026, 7, 15, 10)),
     ("2026-07-15T12:00:00Z", utc(2026, 7, 15, 12)),
     ("2026-07-15T12:00:00+02:00", utc(2026, 7, 15, 10)),
     ("2026-07-15T12:00:00-03:30", utc(2026, 7, 15, 15, 30)),
     ("2026-07-15T12:00:00-00:00", utc(2026, 7, 15, 12)),
     ("2026-07-15T12:00:00+14:00", utc(2026, 7, 14, 22)),
     ("2026-07-15T12:00:00.5Z", utc(2026, 7, 15, 12, 0, 0, 500000)),
     ("2026-07-15T12:00:00.1234567899Z", utc(2026, 7, 15, 12, 0, 0, 123456)),
     ("2026-12-31T23:59:59." + "9" * 5000 + "Z", utc(2026, 12, 31, 23, 59, 59, 999999)),
     ("2026-12-31T24:00:00", utc(2026, 12, 31, 23)),
     ("2026-12-31T24:00:00.000Z", utc(2027, 1, 1)),
     ("2026-03-28T24:00:00", utc(2026, 3, 28, 23)),
     ("2028-02-28T24:00:00Z", utc(2028, 2, 29)),
     (" \t\r\n2026-07-15T12:00:00Z\n", utc(2026, 7, 15, 12)),
     ("0001-01-01T00:00:00Z", utc(1, 1, 1))],
)  # fmt: skip
def test_every_form_of_a_date_time_is_read(text: str, instant: datetime) -> None:
    """Zones, long fractions, 24:00:00 and XML white space are accepted."""
    assert parse_instant(text) == instant
    assert parse_instant(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", "2026-07-15", "2026-07-15 12:00:00", "2026-07-15t12:00:00z", "2026-07-15T12",
     "20260715T120000", "26-07-15T12:00:00", "2026-7-15T12:00:00", "2026-W29-3T12:00:00",
     "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "-2026-07-15T12:00:00",
     "+2026-07-15T12:00:00",
     "0000-01-01T00:00:00Z", "2026-02-29T12:00:00", "2026-13-01T12:00:00", "2026-07-15T25:00:00",
     "2026-07-15T12:60:00", "2026-07-15T12:00:60", "2026-07-15T24:00:01", "2026-07-15T24:01:00",
     "2026-07-15T24:00:00.1", "2026-07-15T12:00:00.", "2026-07-15T12:00.5", "2026-07-15T12:00:00,5",
     "2026-07-15T12:00:00+2", "2026-07-15T12:00:00+0200", "2026-07-15T12:00:00+14:01",
     "2026-07-15T12:00:00+15:00", "2026-07-15T12:00:00+02:60", "2026-07-15T12:00:00 Z",
     "2026-07-15T12:00:00[Europe/Rome]", "\u0662026-07-15T12:00:00", "2026-07-15T12:00:00\u00a0",
     "9999-12-31T24:00:00", "9999-12-31T23:30:00Z", "9999-12-31T23:30:00-01:00",
     "0001-01-01T00:00:00", "0001-01-01T00:00:00+01:00"],
)  # fmt: skip
def test_date_time_of_other_form_is_refused(text: str) -> None:
    """Wrong forms, impossible days and years outside 1 to 9999 raise ValueError."""
    with pytest.raises(ValueError, match="expected a da"):
        parse_instant(text)


@pytest.mark.parametrize(
    "text", ["2026-03-31", "2026-03-31Z", "2026-03-31+14:00", "2026-03-31-11:00", " 2026-03-31\n"]
)
def test_zone_after_a_day_changes_nothing(text: str) -> None:
    """The day is the one that is written, and it ends in Rome."""
    assert parse_day(text) == date(2026, 3, 31)
    assert due_instant(text) == end_of_day(date(2026, 3, 31))


@pytest.mark.parametrize(
    "text",
    ["", "2026-02-30", "2026-3-1", "20260331", "10000-01-01", "-2026-03-31", "0000-01-01",
     "2026-03-31+02", "2026-03-31+15:00", "2026-03", "31/03/2026", "2026-03-31 00:00"],
)  # fmt: skip
def test_day_of_other_form_is_refused(text: str) -> None:
    """Impossible days and forms that xsd:date does not have raise ValueError."""
    with pytest.raises(ValueError, match="expected a da"):
        parse_day(text)
    with pytest.raises(ValueError, match="expected a da"):
        due_instant(text)


def test_due_date_with_a_time_is_that_instant() -> None:
    """Without a zone the time is Rome's."""
    assert due_instant("2026-03-31T12:00:00") == utc(2026, 3, 31, 10)
    assert due_instant("2026-03-31T12:00:00Z") == utc(2026, 3, 31, 12)


@given(st.text("0123456789-:T.Z+ ", max_size=30) | st.text())
def test_any_text_is_a_time_or_raises_value_error(text: str) -> None:
    """No text raises another exception."""
    for read in (parse_instant, parse_day, due_instant):
        with suppress(ValueError):
            read(text)


@given(
    st.datetimes().map(datetime.isoformat),
    st.from_regex(r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?", fullmatch=True),
)
@example("9999-12-31T23:59:59.999999", "Z")
@example("9999-12-31T23:59:59.999999", "")
@example("0001-01-01T00:00:00", "Z")
@example("0001-01-01T00:00:00", "-14:00")
def test_every_accepted_instant_can_be_written(local: str, zone: str) -> None:
    """No accepted text leads to an answer that cannot be written."""
    with suppress(ValueError):
        instant = parse_instant(local + zone)
        assert to_wire_datetime(instant).startswith(to_wire_date(instant))


@pytest.mark.parametrize("write", [day_of, to_wire_date, to_wire_datetime])
def test_instant_without_a_zone_is_refused(
    write: Callable[[datetime], object],
) -> None:
    """Python would take it to be in the machine's zone."""
    with pytest.raises(ValueError, match="zone"):
        write(utc(2026, 3, 31).replace(tzinfo=None))
