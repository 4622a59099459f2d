"""Decides what an attempt means for its event and its receiver, and when the next one is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import NamedTuple

#: Returns a number from 0 up to 1.
Random = Callable[[], float]

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
#: LIMIT: 5 s before the second attempt at a receiver that is down, doubled until an hour.
FIRST_WAIT = 5 * SECOND
LONGEST_WAIT = HOUR
#: LIMIT: waits differ by 20 %, so that receivers behind one proxy are not tried at one instant.
JITTER = 0.2
#: LIMIT: 5 refusals without a success between mean that the receiver refuses everything.
REFUSALS = 5
#: LIMIT: 100 parked events, after which a refusal stops the subscription and not the event.
MOST_PARKED = 100
#: LIMIT: 5 days of failure, after which a person must look.
LONGEST_OUTAGE = timedelta(days=5)
#: SPEC: Standard Webhooks 1.0.0, "Retry schedule": the waits before each attempt at one event.
RETRIES = (
    *(timedelta(0), 5 * SECOND, timedelta(minutes=5), timedelta(minutes=30)),
    *(2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR),
)

DOWN_STATUSES = frozenset({401, 403, 404, 408, 429, 502, 503, 504})
THROTTLED = frozenset({429, 503})
GONE = 410
SUCCESSES, REDIRECTS = range(200, 300), range(300, 400)
#: LIMIT: 9 digits of seconds; more may not fit a timedelta.
LONGEST_NUMBER = 9


class Outcome(StrEnum):
    """What an attempt means."""

    DONE = "done"
    THROTTLED = "throttled"
    DOWN = "down"
    GONE = "gone"
    REFUSED = "refused"


class Reply(NamedTuple):
    """What came back: a status, or None with a failure in a few words.

    `accepted` is False if a receiver's format says in a 2xx that it refuses.
    """

    status: int | None
    failure: str = ""
    retry_after: str | None = None
    accepted: bool = True


class Health(NamedTuple):
    """The state of a receiver: since when it fails, and when it may be tried again.

    `attempts` counts the failures since the last success, `refusals` those of single events.
    """

    failing_since: datetime | None = None
    attempts: int = 0
    refusals: int = 0
    next_at: datetime | None = None


class Decision(NamedTuple):
    """What follows an attempt; an outcome REFUSED sets the event aside, others hold or go on."""

    outcome: Outcome
    health: Health
    suspend: bool = False


def classify(reply: Reply) -> Outcome:
    """Returns what a reply means by itself."""
    status = reply.status
    if status is None or status in REDIRECTS:
        return Outcome.DOWN
    if status in SUCCESSES:
        return Outcome.DONE if reply.accepted else Outcome.REFUSED
    if status == GONE:
        return Outcome.GONE
    if status in THROTTLED and reply.retry_after is not None:
        return Outcome.THROTTLED
    return Outcome.DOWN if status in DOWN_STATUSES else Outcome.REFUSED


def decide(health: Health, reply: Reply, parked: int, now: datetime, random: Random) -> Decision:
    """Returns what follows a reply, for a receiver of which `parked` events are set aside.

    Who refuses event after event is treated as one that is down, so that not all are set aside.
    """
    outcome = classify(reply)
    if outcome is Outcome.DONE:
        return Decision(outcome, Health())
    if outcome is Outcome.GONE:
        return Decision(outcome, health)
    refusals = health.refusals + (outcome is Outcome.REFUSED)
    if outcome is Outcome.REFUSED:
        if refusals < REFUSALS and parked < MOST_PARKED:
            return Decision(outcome, health._replace(refusals=refusals))
        outcome = Outcome.DOWN
    since = health.failing_since or now
    held = outcome is Outcome.THROTTLED and retry_after(reply.retry_after or "", now)
    wait = held or wait_of_receiver(health.attempts, random)
    changed = Health(since, health.attempts + 1, refusals, now + wait)
    return Decision(outcome, changed, suspend=now - since >= LONGEST_OUTAGE)


def wait_of_receiver(attempts: int, random: Random) -> timedelta:
    """Returns the wait after a failure, `attempts` failures having come before it."""
    # WHY: 2 to the power of the attempts of five days has no place in a timedelta.
    doubled = FIRST_WAIT * (1 << min(attempts, 10))
    return min(doubled, LONGEST_WAIT) * _jitter(random)


def wait_of_event(attempts: int, random: Random) -> timedelta | None:
    """Returns the wait before the next attempt at an event after so many; None after the last."""
    return RETRIES[attempts] * _jitter(random) if attempts < len(RETRIES) else None


def _jitter(random: Random) -> float:
    return 1 - JITTER + 2 * JITTER * random()


def retry_after(text: str, now: datetime) -> timedelta | None:
    """Returns the wait that a header asks for, from a second to an hour; None if it is no time.

    SPEC: RFC 9110, section 10.2.3: seconds, or a date.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        wait = LONGEST_WAIT if len(text) > LONGEST_NUMBER else timedelta(seconds=int(text))
    else:
        try:
            instant = parsedate_to_datetime(text)
        except ValueError:
            return None
        wait = (instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - now
    return min(max(wait, SECOND), LONGEST_WAIT)
