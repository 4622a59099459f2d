"""The states of a position and its options at an instant, as GPD calls them.

They are for people and filters; `payable` alone decides whether a notice can be paid.  The same
rules as SQL are in gpd_soap.store.states.  Source: Alternatives, rules 3 to 6; GPD.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class PositionState(StrEnum):
    """The states of a debt position."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    VALID = "VALID"
    INVALID = "INVALID"
    EXPIRED = "EXPIRED"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"
    REPORTED = "REPORTED"


class OptionState(StrEnum):
    """The states of a payment option."""

    UNPAID = "PO_UNPAID"
    PAID = "PO_PAID"
    PARTIALLY_REPORTED = "PO_PARTIALLY_REPORTED"
    REPORTED = "PO_REPORTED"


class OptionFacts(NamedTuple):
    """The facts of an option that its state depends on.

    `settled` is true if it was paid, or reported by a flow without a receipt.  `reported` has one
    entry for each of its transfers.
    """

    plan: str | None
    valid_from: datetime | None
    due_at: datetime
    switch_to_expired: bool
    settled: bool
    reported: tuple[bool, ...]


class PositionFacts(NamedTuple):
    """The facts of a position that its state depends on."""

    published_at: datetime | None
    withdrawn_at: datetime | None
    options: tuple[OptionFacts, ...]


def option_state(option: OptionFacts) -> OptionState:
    """Return the state of an option (Alternatives, rule 6)."""
    if not option.settled:
        return OptionState.UNPAID
    if not any(option.reported):
        return OptionState.PAID
    return OptionState.REPORTED if all(option.reported) else OptionState.PARTIALLY_REPORTED


def position_state(position: PositionFacts, now: datetime) -> PositionState:
    """Return the state of a position at `now`: the first that applies.

    1. an option is settled (Alternatives, rules 3 and 4);  2. the position is withdrawn;  3. it is
    not published;  4. no option is valid yet;  5. every option has expired;  6. it is valid
    (Alternatives, rule 5).
    """
    progress = _state_by_payments(position.options)
    if progress is not None:
        return progress
    if position.withdrawn_at is not None:
        return PositionState.INVALID
    if position.published_at is None:
        return PositionState.DRAFT
    return _state_by_dates(position.options, now)


def _state_by_payments(options: tuple[OptionFacts, ...]) -> PositionState | None:
    """Return the state by what was paid and reported, or None (Alternatives, rule 3)."""
    ways: defaultdict[object, list[OptionState]] = defaultdict(list)
    for index, option in enumerate(options):
        ways[index if option.plan is None else option.plan].append(option_state(option))
    if any(set(way) == {OptionState.REPORTED} for way in ways.values()):
        return PositionState.REPORTED
    if any(OptionState.UNPAID not in way for way in ways.values()):
        return PositionState.PAID
    any_settled = any(option.settled for option in options)
    return PositionState.PARTIALLY_PAID if any_settled else None


def _state_by_dates(options: tuple[OptionFacts, ...], now: datetime) -> PositionState:
    if all(option.valid_from is not None and option.valid_from > now for option in options):
        return PositionState.PUBLISHED
    if all(option.switch_to_expired and now > option.due_at for option in options):
        return PositionState.EXPIRED
    return PositionState.VALID
