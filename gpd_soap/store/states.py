"""The rules of `core.state` and `core.payable` as SQL filters; a property test compares them.

The expressions belong in a query that selects from `position` or `payment_option`.  `payable`
needs both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, literal, not_, or_

from gpd_soap.core.searching.notice_state import NoticeState
from gpd_soap.core.state import OptionState, PositionState
from gpd_soap.store import tables
from gpd_soap.store.rows import OPTION, POSITION, Organization, alternative_paid

Rule = Callable[[Any], ColumnElement[bool]]

# WHY: an alias makes a copy of each column of its table, so a query must not make new ones.
AN_OPTION, SIBLING = tables.payment_option.alias(), tables.payment_option.alias()
A_TRANSFER = tables.transfer.alias()


def payable(organization: Organization, now: datetime) -> ColumnElement[bool]:
    """SQL condition: the notice is payable at `now` (`core.payable.payable` returns None)."""
    return and_(
        POSITION.withdrawn_at.is_(None),
        POSITION.published_at.is_not(None),
        not_(_is_future(OPTION, now)),
        not_(_is_settled(OPTION)),
        not_(alternative_paid(organization)),
        not_(_is_expired(OPTION, now)),
    )


def in_notice_state(
    organization: Organization, state: NoticeState, now: datetime
) -> ColumnElement[bool]:
    """SQL condition: the notice is in this state at `now` (`core.searching.notice_state`)."""
    rules = {
        NoticeState.WITHDRAWN: POSITION.withdrawn_at.is_not(None),
        NoticeState.DRAFT: POSITION.published_at.is_(None),
        NoticeState.NOT_YET_VALID: _is_future(OPTION, now),
        NoticeState.PAID: OPTION.paid_at.is_not(None),
        NoticeState.REPORTED: OPTION.reported_at.is_not(None),
        NoticeState.EXCLUDED: alternative_paid(organization),
        NoticeState.EXPIRED: _is_expired(OPTION, now),
    }
    if state is NoticeState.PAYABLE:
        return payable(organization, now)
    earlier = list(rules)[: list(rules).index(state)]
    return and_(*(not_(rules[each]) for each in earlier), rules[state])


def option_state(organization: Organization) -> ColumnElement[str]:
    """SQL expression: the state of a payment option."""
    return case(
        (not_(_is_settled(OPTION)), OptionState.UNPAID.value),
        (not_(_has_transfer(organization, OPTION, reported=True)), OptionState.PAID.value),
        (_has_transfer(organization, OPTION, reported=False), OptionState.PARTIALLY_REPORTED.value),
        else_=OptionState.REPORTED.value,
    )


def in_state(
    organization: Organization, state: PositionState, now: datetime
) -> ColumnElement[bool]:
    """SQL condition: the position is in this state at `now`.

    WHY: a database answers these conditions by joins over many positions.  An expression that
    gives the name of the state would be evaluated for each position.
    """
    has_payment = _any_option(organization, _is_settled)
    paid = _any_complete(organization, _is_settled)
    reported = _any_complete(organization, partial(_is_reported, organization))
    withdrawn, draft = POSITION.withdrawn_at.is_not(None), POSITION.published_at.is_(None)
    live = [not_(has_payment), not_(withdrawn), not_(draft)]
    return and_(
        *{
            PositionState.REPORTED: [reported],
            PositionState.PAID: [paid, not_(reported)],
            PositionState.PARTIALLY_PAID: [has_payment, not_(paid)],
            PositionState.INVALID: [withdrawn, not_(has_payment)],
            PositionState.DRAFT: [draft, not_(withdrawn), not_(has_payment)],
            PositionState.PUBLISHED: [*live, not_(_any_begun(organization, now))],
            PositionState.EXPIRED: [
                *live,
                _any_begun(organization, now),
                not_(_any_unexpired(organization, now)),
            ],
            PositionState.VALID: [
                *live,
                _any_begun(organization, now),
                _any_unexpired(organization, now),
            ],
        }[state]
    )


def paid_in_full(organization: Organization) -> ColumnElement[bool]:
    """SQL condition: the position is PAID or REPORTED."""
    return _any_complete(organization, _is_settled)


def closed(organization: Organization, now: datetime) -> ColumnElement[bool]:
    """SQL condition: at `now` nothing of the position is to be paid any more.

    It is withdrawn or paid, or each of its notices is settled or expired.
    """

    def can_be_paid(option: Any) -> ColumnElement[bool]:
        return and_(not_(_is_settled(option)), not_(_is_expired(option, now)))

    return or_(
        POSITION.withdrawn_at.is_not(None),
        paid_in_full(organization),
        not_(_any_option(organization, can_be_paid)),
    )


def _any_begun(organization: Organization, now: datetime) -> ColumnElement[bool]:
    return _any_option(organization, lambda option: not_(_is_future(option, now)))


def _any_unexpired(organization: Organization, now: datetime) -> ColumnElement[bool]:
    return _any_option(organization, lambda option: not_(_is_expired(option, now)))


def _is_settled(option: Any) -> ColumnElement[bool]:
    return or_(option.paid_at.is_not(None), option.reported_at.is_not(None))


def _is_reported(organization: Organization, option: Any) -> ColumnElement[bool]:
    return and_(
        _is_settled(option),
        _has_transfer(organization, option, reported=True),
        not_(_has_transfer(organization, option, reported=False)),
    )


def _is_future(option: Any, now: datetime) -> ColumnElement[bool]:
    # WHY: without the first condition, an option without a date would give NULL.
    return and_(option.valid_from.is_not(None), option.valid_from > literal(now, tables.Instant))


def _is_expired(option: Any, now: datetime) -> ColumnElement[bool]:
    return and_(option.switch_to_expired, option.due_at < literal(now, tables.Instant))


def _has_transfer(
    organization: Organization, option: Any, *, reported: bool
) -> ColumnElement[bool]:
    transfer = A_TRANSFER.c
    reported_at = transfer.reported_at
    return (
        exists()
        .where(transfer.organization == organization, transfer.nav == option.nav)
        .where(reported_at.is_not(None) if reported else reported_at.is_(None))
        .correlate_except(A_TRANSFER)
    )


def _any_option(organization: Organization, rule: Rule) -> ColumnElement[bool]:
    """SQL condition: an option of the position meets a rule."""
    option = AN_OPTION.c
    ours = exists().where(_of_position(organization, option), rule(option))
    return ours.correlate_except(AN_OPTION)


def _any_complete(organization: Organization, rule: Rule) -> ColumnElement[bool]:
    """SQL condition: a single option, or every installment of one plan, meets a rule.

    SPEC: Alternatives, rule 3.
    """
    option, sibling = AN_OPTION.c, SIBLING.c
    # WHY: the plan of a single option is NULL and equals no other, so it has no siblings.
    incomplete = exists().where(
        _of_position(organization, sibling), sibling.plan == option.plan, not_(rule(sibling))
    )
    complete = exists().where(
        _of_position(organization, option),
        rule(option),
        not_(incomplete.correlate_except(SIBLING)),
    )
    return complete.correlate_except(AN_OPTION)


def _of_position(organization: Organization, option: Any) -> ColumnElement[bool]:
    return and_(option.organization == organization, option.iupd == POSITION.iupd)
