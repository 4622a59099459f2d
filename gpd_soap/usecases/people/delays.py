"""How long the next attempt to sign in must wait: longer after each failure, never for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.store.people.attempts import Count


class Kind(StrEnum):
    """What attempts are counted by."""

    ACCOUNT = "account"
    ADDRESS = "address"
    CODE = "code"
    BROWSER = "browser"
    CEREMONY = "ceremony"


class Rule(NamedTuple):
    """The attempts that need no waiting, the longest wait, and the time that forgets failures."""

    free: int
    longest: timedelta
    remembered: timedelta


#: LIMIT: an account waits a minute at most, because anybody can make it wait who knows its name;
#: a browser that has signed it in before waits for its own failures alone.
#: An address has more attempts, because an office may have one for everybody.  Codes wait longer:
#: only who has the password gets so far, and a code has six digits.
RULES: dict[Kind, Rule] = {
    Kind.ACCOUNT: Rule(3, timedelta(minutes=1), timedelta(hours=1)),
    Kind.ADDRESS: Rule(10, timedelta(minutes=1), timedelta(hours=1)),
    Kind.BROWSER: Rule(3, timedelta(minutes=1), timedelta(hours=1)),
    # WHY: a passkey is not guessed, so that no wrong password of a neighbour makes it wait.
    Kind.CEREMONY: Rule(10, timedelta(minutes=1), timedelta(hours=1)),
    Kind.CODE: Rule(3, timedelta(minutes=15), timedelta(hours=24)),
}
#: The time after which no rule remembers a failure.
FORGOTTEN = max(rule.remembered for rule in RULES.values())
_MOST_DOUBLINGS = 30


def delay(rule: Rule, failures: int) -> timedelta:
    """Return how long to wait after so many failures: 1 s, 2 s, 4 s, up to the longest."""
    if failures < rule.free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - rule.free, _MOST_DOUBLINGS)), rule.longest)


def wait(rule: Rule, count: Count, now: datetime) -> timedelta:
    """Return how long an attempt at `now` must still wait; zero or less if it need not."""
    if now - count.last_at >= rule.remembered:
        return timedelta()
    # WHY: a clock that was set back must not make the wait longer.
    return min(count.last_at - now, timedelta()) + delay(rule, count.failures)


def failed(rule: Rule, count: Count, now: datetime) -> Count:
    """Return the count after one more failure."""
    forgotten = now - count.last_at >= rule.remembered
    return Count(1 if forgotten else count.failures + 1, now)
