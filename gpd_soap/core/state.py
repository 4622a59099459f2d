"""What a position and its options are called at an instant: GPD's words, for people and filters.

Nothing here decides whether a notice can be paid, which is `payable`'s alone.  The same rule as
SQL is in gpd_soap.store.states.  Source: spec/gpd-reference.md 1.6, 2.1 to 2.3.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class PositionState(StrEnum):
    """A debt position's states."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    VALID = "VALID"
    INVALID = "INVALID"
    EXPIRED = "EXPIRED"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"
    REPORTED = "REPORTED"


class OptionState(StrEnum):
    """A payment option's states."""

    UNPAID = "PO_UNPAID"
    PAID = "PO_PAID"
    PARTIALLY_REPORTED = "PO_PARTIALLY_REPORTED"
    REPORTED = "PO_REPORTED"


class OptionFacts(NamedTuple):
    """What the states need of an option; `reported` has one entry for each of its transfers.

    `settled` says that it was paid, or reported by a flow without a receipt.
    """

    plan: str | None
    valid_from: datetime | None
    due_at: datetime
    switch_to_expired: bool
    settled: bool
    reported: tuple[bool, ...]


class PositionFacts(NamedTuple):
    """What the states need of a position."""

    published_at: datetime | None
    withdrawn_at: datetime | None
    options: tuple[OptionFacts, ...]


def option_state(option: OptionFacts) -> OptionState:
    """Say how far an option has come; a flow's word counts once the option is settled."""
    if not option.settled:
        return OptionState.UNPAID
    if not any(option.reported):
        return OptionState.PAID
    return OptionState.REPORTED if all(option.reported) else OptionState.PARTIALLY_REPORTED


def position_state(position: PositionFacts, now: datetime) -> PositionState:
    """Say what a position is at `now`; the first that applies.

    1. some option settled, because money is a fact (DESIGN 5);  2. withdrawn;  3. never
    published;  4. no option valid yet;  5. every option past a due date that expires it;  6. valid.
    """
    progress = _progress(position.options)
    if progress is not None:
        return progress
    if position.withdrawn_at is not None:
        return PositionState.INVALID
    if position.published_at is None:
        return PositionState.DRAFT
    return _calendar(position.options, now)


def _progress(options: tuple[OptionFacts, ...]) -> PositionState | None:
    """How much of one way to pay is done: a single option, or every installment of one plan."""
    ways: defaultdict[object, list[OptionState]] = defaultdict(list)
    for at, option in enumerate(options):
        ways[at if option.plan is None else option.plan].append(option_state(option))
    if any(set(way) == {OptionState.REPORTED} for way in ways.values()):
        return PositionState.REPORTED
    if any(OptionState.UNPAID not in way for way in ways.values()):
        return PositionState.PAID
    begun = any(option.settled for option in options)
    return PositionState.PARTIALLY_PAID if begun else None


def _calendar(options: tuple[OptionFacts, ...], now: datetime) -> PositionState:
    if all(option.valid_from is not None and option.valid_from > now for option in options):
        return PositionState.PUBLISHED
    if all(option.switch_to_expired and now > option.due_at for option in options):
        return PositionState.EXPIRED
    return PositionState.VALID
