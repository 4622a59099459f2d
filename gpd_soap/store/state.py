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
from gpd_soap.store import schema
from gpd_soap.store.questions import OPTION, POSITION, alternative_paid

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


def position_state(now: datetime) -> ColumnElement[str]:
    """The state of a position at `now`."""
    return case(
        (_some_way(_is_reported), PositionState.REPORTED.value),
        (_some_way(_is_settled), PositionState.PAID.value),
        (_some_option(_is_settled), PositionState.PARTIALLY_PAID.value),
        (POSITION.withdrawn_at.is_not(None), PositionState.INVALID.value),
        (POSITION.published_at.is_(None), PositionState.DRAFT.value),
        (not_(_some_option(lambda o: not_(_is_future(o, now)))), PositionState.PUBLISHED.value),
        (not_(_some_option(lambda o: not_(_is_expired(o, now)))), PositionState.EXPIRED.value),
        else_=PositionState.VALID.value,
    )


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
    return and_(option.valid_from.is_not(None), option.valid_from > literal(now, schema.Instant))


def _is_expired(option: Any, now: datetime) -> ColumnElement[bool]:
    return and_(option.switch_to_expired, option.due_at < literal(now, schema.Instant))


def _has_share(option: Any, *, reported: bool) -> ColumnElement[bool]:
    share = schema.transfer.alias().c
    when = share.reported_at
    return (
        exists()
        .where(share.organization == option.organization, share.nav == option.nav)
        .where(when.is_not(None) if reported else when.is_(None))
        .correlate_except(share.nav.table)
    )


def _some_option(rule: Rule) -> ColumnElement[bool]:
    """Whether an option of the position follows a rule."""
    option = schema.payment_option.alias()
    return exists().where(_of_position(option.c), rule(option.c)).correlate_except(option)


def _some_way(rule: Rule) -> ColumnElement[bool]:
    """Whether a single option, or every installment of one plan, follows a rule."""
    option, sibling = schema.payment_option.alias(), schema.payment_option.alias()
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
