"""The rules of core.state and core.payable as SQL, for filters; a property test keeps them equal.

The expressions stand in a query that selects from `position`, or from `payment_option` (for
`payable`, from both).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, literal, not_, or_

from gpd_soap.core.state import OptionState, PositionState
from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, POSITION, alternative_paid

Rule = Callable[[Any], ColumnElement[bool]]


def payable(now: datetime) -> ColumnElement[bool]:
    """Whether a notice can be paid at `now`: core.payable refuses it for no reason."""
    return and_(
        POSITION.withdrawn_at.is_(None),
        POSITION.published_at.is_not(None),
        not_(_is_future(OPTION, now)),
        not_(_is_settled(OPTION)),
        not_(alternative_paid()),
        not_(_is_expired(OPTION, now)),
    )


def option_state() -> ColumnElement[str]:
    """The state of a payment option."""
    return case(
        (not_(_is_settled(OPTION)), OptionState.UNPAID.value),
        (not_(_has_share(OPTION, reported=True)), OptionState.PAID.value),
        (_has_share(OPTION, reported=False), OptionState.PARTIALLY_REPORTED.value),
        else_=OptionState.REPORTED.value,
    )


def in_state(state: PositionState, now: datetime) -> ColumnElement[bool]:
    """Whether a position is in a state at `now`.

    Conditions side by side, which a database answers by joins over many positions; one expression
    that gives the state's name would be worked out for each of them.
    """
    touched, paid = _some_option(_is_settled), _some_way(_is_settled)
    withdrawn, draft = POSITION.withdrawn_at.is_not(None), POSITION.published_at.is_(None)
    live = [not_(touched), not_(withdrawn), not_(draft)]
    return and_(
        *{
            PositionState.REPORTED: [_some_way(_is_reported)],
            PositionState.PAID: [paid, not_(_some_way(_is_reported))],
            PositionState.PARTIALLY_PAID: [touched, not_(paid)],
            PositionState.INVALID: [withdrawn, not_(touched)],
            PositionState.DRAFT: [draft, not_(withdrawn), not_(touched)],
            PositionState.PUBLISHED: [*live, not_(_begun(now))],
            PositionState.EXPIRED: [*live, _begun(now), not_(_lasting(now))],
            PositionState.VALID: [*live, _begun(now), _lasting(now)],
        }[state]
    )


def paid_in_full() -> ColumnElement[bool]:
    """Whether a position is PAID or REPORTED."""
    return _some_way(_is_settled)


def _begun(now: datetime) -> ColumnElement[bool]:
    return _some_option(lambda option: not_(_is_future(option, now)))


def _lasting(now: datetime) -> ColumnElement[bool]:
    return _some_option(lambda option: not_(_is_expired(option, now)))


def _is_settled(option: Any) -> ColumnElement[bool]:
    return or_(option.paid_at.is_not(None), option.reported_at.is_not(None))


def _is_reported(option: Any) -> ColumnElement[bool]:
    return and_(
        _is_settled(option),
        _has_share(option, reported=True),
        not_(_has_share(option, reported=False)),
    )


def _is_future(option: Any, now: datetime) -> ColumnElement[bool]:
    # WHY: without the first, an option without a date would be neither true nor false.
    return and_(option.valid_from.is_not(None), option.valid_from > literal(now, tables.Instant))


def _is_expired(option: Any, now: datetime) -> ColumnElement[bool]:
    return and_(option.switch_to_expired, option.due_at < literal(now, tables.Instant))


def _has_share(option: Any, *, reported: bool) -> ColumnElement[bool]:
    share = tables.transfer.alias().c
    when = share.reported_at
    return (
        exists()
        .where(share.organization == option.organization, share.nav == option.nav)
        .where(when.is_not(None) if reported else when.is_(None))
        .correlate_except(share.nav.table)
    )


def _some_option(rule: Rule) -> ColumnElement[bool]:
    """Whether an option of the position follows a rule."""
    option = tables.payment_option.alias()
    return exists().where(_of_position(option.c), rule(option.c)).correlate_except(option)


def _some_way(rule: Rule) -> ColumnElement[bool]:
    """Whether a single option, or every installment of one plan, follows a rule."""
    option, sibling = tables.payment_option.alias(), tables.payment_option.alias()
    # WHY: the plan of a single option is null and equals no other, so that it has no siblings.
    falls_short = (
        exists()
        .where(_of_position(sibling.c), sibling.c.plan == option.c.plan, not_(rule(sibling.c)))
        .correlate_except(sibling)
    )
    found = exists().where(_of_position(option.c), rule(option.c), not_(falls_short))
    return found.correlate_except(option)


def _of_position(option: Any) -> ColumnElement[bool]:
    return and_(option.organization == POSITION.organization, option.iupd == POSITION.iupd)
