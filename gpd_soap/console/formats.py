"""Money, dates and numbers as people read them, by language; the clock is Rome's."""

from __future__ import annotations

from datetime import date, datetime

from gpd_soap.core import rome

NO_BREAK = "\u00a0"
#: The signs that separate thousands and decimals.
SIGNS = {"en": (",", ".")}
OTHER_SIGNS = (".", ",")
#: Dates.  SPEC: Unicode CLDR, the medium form with digits alone.
DATES = {"it": "{0:%d/%m/%Y}", "en": "{0:%d/%m/%Y}", "de": "{0:%d.%m.%Y}"}
SLOVENE = "{0.day}. {0.month}. {0.year}"
LAST = 4
#: Microseconds below which a duration has a decimal.
SHORT = 10_000


def money(cents: int, language: str = "it") -> str:
    r"""Return an amount with its sign of euros.

    >>> money(123450), money(-5), money(100000000, "en")
    ('1.234,50\xa0€', '-0,05\xa0€', '1,000,000.00\xa0€')
    """
    thousands, decimals = SIGNS.get(language, OTHER_SIGNS)
    euros, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    integer = f"{euros:,}".replace(",", thousands)
    return f"{sign}{integer}{decimals}{rest:02}{NO_BREAK}€"


def count(number: int, language: str = "it") -> str:
    """Return a whole number with its thousands separated.

    >>> count(1214), count(1214, "en"), count(-1000)
    ('1.214', '1,214', '-1.000')
    """
    return f"{number:,}".replace(",", SIGNS.get(language, OTHER_SIGNS)[0])


def percent(hundredths: int, language: str = "it") -> str:
    r"""Return a ratio that is given in hundredths of a percent.

    >>> percent(9941), percent(10000, "en")
    ('99,41\xa0%', '100.00\xa0%')
    """
    integer, rest = divmod(hundredths, 100)
    return f"{integer}{SIGNS.get(language, OTHER_SIGNS)[1]}{rest:02}{NO_BREAK}%"


def milliseconds(microseconds: int, language: str = "it") -> str:
    r"""Return a duration in milliseconds, with a decimal where it is short.

    >>> milliseconds(420), milliseconds(7040, "en"), milliseconds(31_900), milliseconds(0)
    ('0,4\xa0ms', '7.0\xa0ms', '31\xa0ms', '0,0\xa0ms')
    """
    if microseconds < SHORT:
        integer, tenths = divmod(round(microseconds / 100), 10)
        return f"{integer}{SIGNS.get(language, OTHER_SIGNS)[1]}{tenths}{NO_BREAK}ms"
    return f"{count(microseconds // 1000, language)}{NO_BREAK}ms"


def day(value: date | datetime, language: str = "it") -> str:
    """Return a day; of an instant, the one that it is in Rome.

    >>> day(date(2027, 1, 5)), day(date(2027, 1, 5), "de"), day(date(2027, 1, 5), "sl")
    ('05/01/2027', '05.01.2027', '5. 1. 2027')
    """
    local = rome.day_of(value) if isinstance(value, datetime) else value
    return DATES.get(language, SLOVENE).format(local)


def clock(value: datetime, *, seconds: bool = False) -> str:
    """Return the time of an instant in Rome."""
    local = value.astimezone(rome.ROME)
    return f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"


def instant(value: datetime, language: str = "it", *, seconds: bool = False) -> str:
    """Return day and time of an instant in Rome."""
    return f"{day(value, language)} {clock(value, seconds=seconds)}"


def by_fours(number: str) -> list[str]:
    """Return a number in groups of four, for spans with a margin: a copy then has no blanks.

    >>> by_fours("347000000000000124")
    ['3470', '0000', '0000', '0001', '24']
    """
    return [number[start : start + LAST] for start in range(0, len(number), LAST)]


def last_four(code: str) -> str:
    """Return the end of a person's code, as lists show it.

    >>> last_four("RSSMRA00A01A000K")
    '…000K'
    """
    return f"…{code[-LAST:]}"
