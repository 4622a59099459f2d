"""The rules of states in Python and in SQL are equal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from gpd_soap.core import payable
from gpd_soap.core.state import (
    OptionFacts,
    OptionState,
    PositionFacts,
    PositionState,
    option_state,
    position_state,
)
from gpd_soap.store import states as sql_states
from gpd_soap.store import tables
from gpd_soap.store.rows import notice_columns, notice_of
from gpd_soap.store.store import Store
from tests.drawn import draws
from tests.store.facts import BOUNDARIES, POSITIONS, TICK, Pos, store_all
from tests.store.samples import NOW, ORGANIZATION, TOMORROW, YESTERDAY


@draws(25)
@given(every=st.lists(POSITIONS, min_size=1, max_size=30))
def test_position_state_in_sql_equals_that_in_python(store: Store, every: list[Pos]):
    """State and payability agree for any facts, in one query for all positions."""
    compare(store, every)


def test_position_state_at_each_boundary_in_sql_equals_that_in_python(store: Store):
    """No draw decides whether an instant that is just now is tried."""
    compare(store, BOUNDARIES)


def compare(store: Store, every: list[Pos]) -> None:
    """Holds the states and the payability that SQL computes against those of Python."""
    with store.engine.connect() as connection:
        options = store_all(connection, every)
        each_state = [sql_states.in_state(ORGANIZATION, each, NOW) for each in PositionState]
        states = connection.execute(select(tables.position.c.iupd, *each_state)).all()
        computed = sql_states.option_state(ORGANIZATION), sql_states.payable(ORGANIZATION, NOW)
        statement = select(*notice_columns(ORGANIZATION), *computed).join_from(
            tables.payment_option, tables.position
        )
        notices = connection.execute(statement).all()
        connection.rollback()

    assert len(states) == len(every)
    assert len(notices) == len(options)
    for iupd, *in_states in states:
        expected = position_state(every[int(iupd)].facts, NOW)
        assert in_states == [each is expected for each in PositionState]
    for row in notices:
        notice = notice_of([row[:-2]], 0)
        assert notice is not None
        opt = options[notice.nav]
        others = [o for o in every[int(notice.iupd)].options if o is not opt]
        alternative = any(other.excludes(opt) for other in others)
        assert notice.alternative_paid == alternative
        assert row[-2] == option_state(opt.facts)
        assert row[-1] == (payable.payable(notice, NOW) is None)


def facts(**more: Any) -> OptionFacts:
    """Returns the facts of an unpaid single option, payable unless fields are given."""
    return OptionFacts(None, None, TOMORROW, True, False, (False, False))._replace(**more)


def state_of_published(*options: OptionFacts) -> PositionState:
    """Returns the state of a published position with these options."""
    return position_state(PositionFacts(YESTERDAY, None, options), NOW)


LATER = facts(valid_from=NOW + TICK)
OVERDUE = facts(due_at=NOW - TICK)
PAID = facts(settled=True)
REPORTED = facts(settled=True, reported=(True, True))
HALF = facts(settled=True, reported=(True, False))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([facts()], "VALID"),
        ([LATER], "PUBLISHED"),
        ([LATER, facts()], "VALID"),
        ([facts(valid_from=NOW)], "VALID"),
        ([OVERDUE], "EXPIRED"),
        ([facts(due_at=NOW)], "VALID"),
        ([OVERDUE, facts()], "VALID"),
        ([OVERDUE, OVERDUE._replace(switch_to_expired=False)], "VALID"),
        ([PAID], "PAID"),
        ([PAID, OVERDUE], "PAID"),
        ([PAID, facts(plan="a"), facts(plan="a")], "PAID"),
        ([PAID._replace(plan="a"), facts(plan="a"), facts()], "PARTIALLY_PAID"),
        ([PAID._replace(plan="a"), OVERDUE._replace(plan="a")], "PARTIALLY_PAID"),
        ([PAID._replace(plan="a"), PAID._replace(plan="a"), facts(plan="b")], "PAID"),
        ([HALF], "PAID"),
        ([REPORTED], "REPORTED"),
        ([REPORTED._replace(plan="a"), PAID._replace(plan="a")], "PAID"),
        ([REPORTED._replace(plan="a"), facts(plan="a")], "PARTIALLY_PAID"),
        ([REPORTED._replace(plan="a")] * 2 + [facts()], "REPORTED"),
    ],
)
def test_published_position_with_these_options_has_this_state(
    options: list[OptionFacts], expected: str
):
    """Payments come before dates, and one complete way to pay is enough."""
    assert state_of_published(*options) == expected


def test_paid_position_is_paid_even_if_withdrawn_or_draft():
    """Withdrawal and draft come before due dates."""
    for withdrawn_at, name in ((NOW, "INVALID"), (None, "DRAFT")):
        for one in (facts(), LATER, OVERDUE):
            assert position_state(PositionFacts(None, withdrawn_at, (one,)), NOW) == name
        assert position_state(PositionFacts(None, withdrawn_at, (PAID,)), NOW) == "PAID"
    assert position_state(PositionFacts(YESTERDAY, NOW, (facts(),)), NOW) == "INVALID"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (facts(), OptionState.UNPAID),
        (facts(reported=(True, True)), OptionState.UNPAID),
        (PAID, OptionState.PAID),
        (HALF, OptionState.PARTIALLY_REPORTED),
        (REPORTED, OptionState.REPORTED),
    ],
)
def test_option_with_these_transfers_has_this_state(one: OptionFacts, expected: OptionState):
    """Some reported transfers make a paid option PARTIALLY_REPORTED."""
    assert option_state(one) is expected
