"""How an organization's station works: what the Node calls, how fast, what is refused."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from gpd_soap.core import rome
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.journal import figures
from gpd_soap.store.journal.figures import Slot
from gpd_soap.usecases.figures import days

#: SPEC: pagoPA's service level: the percentage of answers within 2 seconds in a month.
TARGET = 98.0
#: SPEC: Stand In: six slots of five minutes, of which a slot is bad above this percentage of late
#: answers.
SLOTS, SLOT, BAD_SLOT = 6, timedelta(minutes=5), 50.0
#: The primitives that are always shown, in this order; others are shown where they were called.
PRIMITIVES = (
    "paVerifyPaymentNotice",
    "paGetPaymentV2",
    "paSendRTV2",
    "paDemandPaymentNotice",
    "paGetPayment",
    "paSendRT",
)
RECEIPTS = ("paSendRTV2", "paSendRT")
#: LIMIT: days that are searched for the last call of a primitive.
LOOK_BACK = timedelta(days=30)
#: The weeks whose same weekday is what is usual.
USUAL_WEEKS = 4


class Call(NamedTuple):
    """A primitive: its last call, and the last hour's counts.

    `mean` is in milliseconds.  `nearly_all` is the bound in milliseconds that at least 19 of 20
    answers kept; None without answers, or if it is over 7 seconds.
    """

    operation: str
    last_at: datetime | None = None
    outcome: str = ""
    fault: str = ""
    exchanges: int = 0
    mean: int | None = None
    nearly_all: int | None = None


class Speed(NamedTuple):
    """The answers of a day, or of a month, and how many came within 2 seconds."""

    day: date
    exchanges: int
    within_2_s: int

    @property
    def ratio(self) -> float | None:
        """The percentage within 2 seconds; None without answers."""
        return 100 * self.within_2_s / self.exchanges if self.exchanges else None


class Fault(NamedTuple):
    """How often a fault was answered today, and the mean of the same weekday until this hour."""

    code: str
    today: int
    usual: float

    @property
    def is_unusual(self) -> bool:
        """Whether there are so many more than usual that somebody should look."""
        return self.today >= MANY and self.today >= TIMES * max(self.usual, 1.0)


#: LIMIT: fewer faults of a kind are chance; a wrong load brings hundreds.
MANY, TIMES = 10, 3


class Station(NamedTuple):
    """The figures of a station's page; `slots` are the last six, the oldest first."""

    calls: list[Call]
    probed_at: datetime | None
    month: Speed
    by_day: list[Speed]
    slots: list[Slot]
    faults: list[Fault]

    @property
    def last_at(self) -> datetime | None:
        """When the Node called last."""
        return max((each.last_at for each in self.calls if each.last_at), default=None)

    @property
    def asks_again(self) -> bool:
        """Whether the Node has asked for a notice since its last probe.

        In Stand In it sends probes and receipts alone.
        """
        if self.probed_at is None:
            return False
        # WHY: the probe is a verify too, written a moment after the instant that is remembered.
        began = self.probed_at + timedelta(seconds=1)
        return any(
            each.last_at is not None and each.last_at > began
            for each in self.calls
            if each.operation not in RECEIPTS
        )

    @property
    def bad_slots(self) -> int:
        """How many of the slots are bad."""
        return sum(is_bad(slot) for slot in self.slots)


def read(database: Database, organization: str, now: datetime) -> Station:
    """Returns the figures at `now`."""
    today = rome.day_of(now)

    def work(connection: Transaction) -> Station:
        month = today.replace(day=1)
        hours = figures.answered(connection, organization, days.begin_of(month), now)
        sums = days.by_day(hours)
        by_day = [Speed(day, *sums[day]) for day in sorted(sums)]
        return Station(
            _calls(connection, organization, now),
            figures.probed_at(connection, organization),
            Speed(month, sum(d.exchanges for d in by_day), sum(d.within_2_s for d in by_day)),
            by_day,
            figures.slots(connection, organization, slot_begins(now), SLOT),
            _faults(connection, organization, now),
        )

    return read_only(database, work)


def slot_begins(now: datetime) -> list[datetime]:
    """Returns when each of the last six slots began; the last one may not have ended."""
    last = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    return [last - SLOT * back for back in range(SLOTS - 1, -1, -1)]


def late_ratio(slot: Slot) -> float:
    """Returns the percentage of a slot's answers that took longer than 7 seconds."""
    return 100 * slot.late / slot.exchanges if slot.exchanges else 0.0


def is_bad(slot: Slot) -> bool:
    """Returns whether a slot brings the station nearer to Stand In."""
    return late_ratio(slot) > BAD_SLOT


def _calls(connection: Transaction, organization: str, now: datetime) -> list[Call]:
    ever = figures.operations(connection, organization, now - LOOK_BACK)
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    lately = {
        each.operation: each
        for each in figures.operations(connection, organization, this_hour - timedelta(hours=1))
    }
    calls = {}
    for each in ever:
        entry = figures.last_of(connection, organization, each.operation, each.hour)
        last = (entry.arrived_at, entry.outcome, entry.fault) if entry else (each.hour, "", "")
        recent = lately.get(each.operation)
        speed = (recent.exchanges, *_speed(recent)) if recent else ()
        calls[each.operation] = Call(each.operation, *last, *speed)
    shown = [*PRIMITIVES[:4], *(name for name in PRIMITIVES[4:] if name in calls)]
    others = sorted(name for name in calls if name.startswith("pa") and name not in PRIMITIVES)
    return [calls.get(name, Call(name)) for name in (*shown, *others)]


def _speed(of: figures.OfOperation) -> tuple[int, int | None]:
    """Returns the mean, and the bound within which nearly all answers were, in milliseconds."""
    bounds = ((100, of.within_100_ms), (500, of.within_500_ms), (1000, of.within_1_s),
              (2000, of.within_2_s), (7000, of.within_7_s))  # fmt: skip
    nearly_all = (bound for bound, count in bounds if 20 * count >= 19 * of.exchanges)
    return round(of.microseconds / of.exchanges / 1000), next(nearly_all, None)


def _faults(connection: Transaction, organization: str, now: datetime) -> list[Fault]:
    today = rome.day_of(now)
    before = [today - timedelta(weeks=week) for week in range(1, USUAL_WEEKS + 1)]
    counts = figures.faults(connection, organization, days.until_same_time(now, [today]))
    usual = figures.faults(connection, organization, days.until_same_time(now, before))
    faults = [
        Fault(code, counts.get(code, 0), usual.get(code, 0) / USUAL_WEEKS)
        for code in counts.keys() | usual.keys()
    ]
    return sorted(faults, key=lambda each: (-each.today, -each.usual, each.code))
