"""How long ago something was, in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from gpd_soap.console import words
from gpd_soap.console.formats import clock, day
from gpd_soap.console.words import N_, _, ngettext
from gpd_soap.core import rome

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: LIMIT: what is older is shown with its date.
NEAR = timedelta(days=6)

WEEKDAYS = (
    N_("lunedì"),
    N_("martedì"),
    N_("mercoledì"),
    N_("giovedì"),
    N_("venerdì"),
    N_("sabato"),
    N_("domenica"),
)
SHORT_WEEKDAYS = (N_("lun"), N_("mar"), N_("mer"), N_("gio"), N_("ven"), N_("sab"), N_("dom"))
MONTHS = (
    N_("gennaio"),
    N_("febbraio"),
    N_("marzo"),
    N_("aprile"),
    N_("maggio"),
    N_("giugno"),
    N_("luglio"),
    N_("agosto"),
    N_("settembre"),
    N_("ottobre"),
    N_("novembre"),
    N_("dicembre"),
)


def age(since: datetime, now: datetime) -> str:
    """Returns how old something is: whole days, hours or minutes."""
    unit, number = _parts(since, now)
    texts = {
        DAY: ngettext("%(number)d giorno", "%(number)d giorni", number),
        HOUR: ngettext("%(number)d ora", "%(number)d ore", number),
        MINUTE: ngettext("%(number)d minuto", "%(number)d minuti", number),
    }
    return texts[unit] % {"number": number}


def lasting(since: datetime, now: datetime) -> str:
    """Returns since how long something lasts, such as `da 6 giorni`."""
    unit, number = _parts(since, now)
    texts = {
        DAY: ngettext("da %(number)d giorno", "da %(number)d giorni", number),
        HOUR: ngettext("da %(number)d ora", "da %(number)d ore", number),
        MINUTE: ngettext("da %(number)d minuto", "da %(number)d minuti", number),
    }
    return texts[unit] % {"number": number}


def ago(since: datetime, now: datetime) -> str:
    """Returns how long ago something was; within a minute, in seconds."""
    passed = max(now - since, timedelta())
    if passed < MINUTE:
        number = int(passed.total_seconds())
        text = ngettext("%(number)d secondo fa", "%(number)d secondi fa", number)
        return text % {"number": number}
    unit, number = _parts(since, now)
    texts = {
        DAY: ngettext("%(number)d giorno fa", "%(number)d giorni fa", number),
        HOUR: ngettext("%(number)d ora fa", "%(number)d ore fa", number),
        MINUTE: ngettext("%(number)d minuto fa", "%(number)d minuti fa", number),
    }
    return texts[unit] % {"number": number}


def _parts(since: datetime, now: datetime) -> tuple[timedelta, int]:
    """Returns the greatest unit that has passed, and how many of it; at least one minute."""
    passed = max(now - since, MINUTE)
    unit = next(each for each in (DAY, HOUR, MINUTE) if passed >= each)
    return unit, passed // unit


def when(instant: datetime, now: datetime, *, seconds: bool = False) -> str:
    """Returns an instant of today as a time, of yesterday as such, else as a date with its time."""
    time, days = clock(instant, seconds=seconds), (rome.day_of(now) - rome.day_of(instant)).days
    if days == 0:
        return time
    if days == 1:
        return _("ieri %(time)s") % {"time": time}
    return f"{day(instant, words.language.get())} {time}"


def weekday(value: date) -> str:
    """Returns the name of a day of the week."""
    return _(WEEKDAYS[value.weekday()])


def long_day(value: date) -> str:
    """Returns a day in words, such as `venerdì 27 novembre`."""
    return _("%(weekday)s %(day)d %(month)s") % {
        "weekday": weekday(value), "day": value.day, "month": _(MONTHS[value.month - 1]),
    }  # fmt: skip


def month(value: date) -> str:
    """Returns the name of a month."""
    return _(MONTHS[value.month - 1])


def short_day(value: date, today: date) -> str:
    """Returns a day near today: `oggi`, `domani`, or its weekday and number."""
    if value == today:
        return _("oggi")
    if value == today + DAY:
        return _("domani")
    return f"{_(SHORT_WEEKDAYS[value.weekday()])} {value.day}"


def day_and_month(value: date) -> str:
    """Returns a day with its month as numbers, as the axis of a chart has room for."""
    return _("%(day)s/%(month)s") % {"day": f"{value:%d}", "month": f"{value:%m}"}
