"""The rule in Python and the rule in SQL are one rule."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
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
from gpd_soap.store import states as state
from gpd_soap.store import tables
from gpd_soap.store.rows import notice_columns, notice_of
from gpd_soap.store.store import Store
from tests.store.facts import POSITIONS, TICK, Pos, store_all
from tests.store.samples import NOW, TOMORROW, YESTERDAY


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(every=st.lists(POSITIONS, min_size=1, max_size=30))
def test_every_position_has_one_state_in_python_and_in_sql(store: Store, every: list[Pos]):
    """States and payability agree for any facts, one query for all positions."""
    with store.engine.connect() as connection:
        options = store_all(connection, every)
        each_state = [state.in_state(each, NOW) for each in PositionState]
        states = connection.execute(select(tables.position.c.iupd, *each_state)).all()
        asked = select(*notice_columns(), state.option_state(), state.payable(NOW)).join_from(
            tables.payment_option, tables.position
        )
        notices = connection.execute(asked).all()
        connection.rollback()

    assert len(states) == len(every)
    assert len(notices) == len(options)
    for iupd, *said in states:
        expected = position_state(every[int(iupd)].facts, NOW)
        assert said == [each is expected for each in PositionState]
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
    """An unpaid single option that is payable, unless said otherwise."""
    return OptionFacts(None, None, TOMORROW, True, False, (False, False))._replace(**more)


def published(*options: OptionFacts) -> PositionState:
    """The state of a published position."""
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
def test_a_published_position_is_what_its_options_make_it(
    options: list[OptionFacts], expected: str
):
    """Progress comes before the calendar, and one complete way to pay is enough."""
    assert published(*options) == expected


def test_money_comes_before_what_the_creditor_said_and_that_before_the_calendar():
    """A payment shows through a withdrawal or a draft; due dates do not."""
    for said, name in ((NOW, "INVALID"), (None, "DRAFT")):
        for one in (facts(), LATER, OVERDUE):
            assert position_state(PositionFacts(None, said, (one,)), NOW) == name
        assert position_state(PositionFacts(None, said, (PAID,)), NOW) == "PAID"
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
def test_an_option_is_reported_when_all_its_transfers_are(one: OptionFacts, expected: OptionState):
    """Some reported transfers make it partly so; an unpaid option is never reported."""
    assert option_state(one) is expected
