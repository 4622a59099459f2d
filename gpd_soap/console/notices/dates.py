"""Days as people say them: with the name of the weekday and the month, in each language."""

from __future__ import annotations

from datetime import date, datetime

from gpd_soap.console import words
from gpd_soap.core import rome

MONTHS = {
    "it": """gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre
             dicembre""",
    "en": """January February March April May June July August September October November
             December""",
    "de": """Januar Februar März April Mai Juni Juli August September Oktober November Dezember""",
    "sl": """januarja februarja marca aprila maja junija julija avgusta septembra oktobra novembra
             decembra""",
}
WEEKDAYS = {
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "sl": "ponedeljek torek sreda četrtek petek sobota nedelja",
}
#: Whether a point follows the number of the day.
POINTED = ("de", "sl")
FIRST = "1°"


def spoken_day(value: date | datetime, language: str = "", *, year: bool = False) -> str:
    """Return a day with the name of its month; of an instant, the one that it is in Rome.

    >>> spoken_day(date(2026, 11, 1)), spoken_day(date(2026, 11, 11), "de", year=True)
    ('1° novembre', '11. November 2026')
    """
    day = rome.day_of(value) if isinstance(value, datetime) else value
    code = language or words.language.get()
    month = MONTHS[code].split()[day.month - 1]
    number = f"{day.day}." if code in POINTED else str(day.day)
    if code == "it" and day.day == 1:
        number = FIRST
    return f"{number} {month} {day.year}" if year else f"{number} {month}"


def long_day(value: date | datetime, language: str = "") -> str:
    """Return a day with its weekday and its year.

    >>> long_day(date(2026, 9, 15))
    'martedì 15 settembre 2026'
    """
    day = rome.day_of(value) if isinstance(value, datetime) else value
    code = language or words.language.get()
    comma = "," if code in POINTED else ""
    return f"{WEEKDAYS[code].split()[day.weekday()]}{comma} {spoken_day(day, code, year=True)}"


def minutes_between(since: datetime, until: datetime) -> int:
    """Return the whole minutes between two instants, none below zero."""
    return max(0, int((until - since).total_seconds() // 60))
