"""The rule in Python and the rule in SQL are one rule."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from gpd_soap.core import payable
from gpd_soap.core.state import (
    OptionFacts,
    OptionState,
    PositionFacts,
    PositionState,
    option_state,
    position_state,
)
from gpd_soap.store import positions, schema, state
from gpd_soap.store.questions import notice_columns, notice_of
from gpd_soap.store.store import Store
from tests.store.samples import NOW, TOMORROW, YESTERDAY, option, position, share

TICK = timedelta(microseconds=1)
#: Around the boundary, where the two could differ.
INSTANTS = st.sampled_from([YESTERDAY, NOW - TICK, NOW, NOW + TICK, TOMORROW])
PERHAPS = st.none() | INSTANTS
SELDOM = st.sampled_from([None, None, None, NOW])


class Opt(NamedTuple):
    """An option's facts as they are stored."""

    plan: str | None
    valid_from: datetime | None
    due_at: datetime
    switch_to_expired: bool
    paid_at: datetime | None
    reported_at: datetime | None
    shares: list[datetime | None]

    @property
    def facts(self) -> OptionFacts:
        """What the rule sees."""
        settled = self.paid_at is not None or self.reported_at is not None
        reported = tuple(at is not None for at in self.shares)
        return OptionFacts(*self[:4], settled, reported)

    def excludes(self, other: "Opt") -> bool:
        """Whether this one, once settled, makes the other unknown."""
        alone = self.plan is None or other.plan is None
        return self.facts.settled and (alone or self.plan != other.plan)


class Pos(NamedTuple):
    """A position's facts as they are stored."""

    published_at: datetime | None
    withdrawn_at: datetime | None
    options: list[Opt]

    @property
    def facts(self) -> PositionFacts:
        """What the rule sees."""
        return PositionFacts(*self[:2], tuple(each.facts for each in self.options))


OPTIONS = st.builds(
    Opt,
    *(st.sampled_from([None, "rate", "due rate"]), PERHAPS, INSTANTS, st.booleans()),
    *(SELDOM | PERHAPS, SELDOM, st.lists(st.sampled_from([None, NOW]), max_size=3)),
)
POSITIONS = st.builds(
    Pos, st.sampled_from([None, NOW, NOW, NOW]), SELDOM, st.lists(OPTIONS, max_size=4)
)


def store_all(connection: Connection, every: Sequence[Pos]) -> dict[str, Opt]:
    """Write the positions as they are, named by their place; the options by NAV."""
    rows: dict[Any, list[dict[str, Any]]] = {
        schema.position: [], schema.payment_option: [], schema.transfer: []
    }  # fmt: skip
    found: dict[str, Opt] = {}
    for at, each in enumerate(every):
        told = position(f"{at}", published_at=each.published_at, withdrawn_at=each.withdrawn_at)
        rows[schema.position].append(positions.position_row(told, NOW))
        for opt in each.options:
            new = option(len(found) + 1, **dict(zip(Opt._fields[:4], opt, strict=False)))
            found[new.nav] = opt
            settled = {"paid_at": opt.paid_at, "reported_at": opt.reported_at}
            rows[schema.payment_option].append(positions.option_row(told, new, NOW) | settled)
            for number, reported_at in enumerate(opt.shares, 1):
                row = positions.transfer_row(told, new, share(number))
                rows[schema.transfer].append(row | {"reported_at": reported_at})
    for table, filled in rows.items():
        if filled:
            connection.execute(insert(table), filled)
    return found


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
        states = connection.execute(select(schema.position.c.iupd, *each_state)).all()
        asked = select(*notice_columns(), state.option_state(), state.payable(NOW)).join_from(
            schema.payment_option, schema.position
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
