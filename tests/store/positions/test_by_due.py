"""Notices by due date, narrowed by state, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from gpd_soap.core.searching.notice_state import NoticeState, notice_state
from gpd_soap.store import tables
from gpd_soap.store.positions import by_due, narrowed
from gpd_soap.store.positions.by_due import DuePage
from gpd_soap.store.positions.narrowing import Narrowing
from gpd_soap.store.positions.notices import NoticeFilter
from gpd_soap.store.store import Store
from tests.store.samples import NOW, ORGANIZATION, OTHER, add, nav, option, position, transfer

DAY = timedelta(days=1)


@pytest.fixture
def stocked(store: Store) -> Store:
    """A store with a notice in each state, and one of another organization."""
    late = option(4, due_at=NOW - DAY, switch_to_expired=True)
    samples = [
        position("PAYABLE", option(1)),
        position("WITHDRAWN", option(2), withdrawn_at=NOW - DAY),
        position("DRAFT", option(3), published_at=None),
        position("EXPIRED", late),
        position("PAST-DUE", late._replace(nav=nav(5), iuv=nav(5)[1:], switch_to_expired=False)),
        position("FUTURE", option(6, valid_from=NOW + DAY)),
        position("PAID", option(7), option(8, transfer(), plan="p")),
        position("REPORTED", option(9)),
        position("ELSEWHERE", option(10), organization=OTHER),
    ]
    for each in samples:
        add(store, each)
    option_of = tables.payment_option.c
    with store.begin() as connection:
        for serial, column in ((7, "paid_at"), (9, "reported_at")):
            statement = update(tables.payment_option).where(option_of.nav == nav(serial))
            connection.execute(statement.values({column: NOW}))
    return store


def page(store: Store, narrowing: Narrowing, limit: int = 100, after: object = None) -> DuePage:
    """Return a page of the list."""
    with store.reading() as connection:
        return by_due.page(connection, ORGANIZATION, narrowing, NOW, limit, after)  # type: ignore[arg-type]  # a place


@pytest.mark.parametrize("state", list(NoticeState))
def test_list_has_exactly_the_notices_in_a_state(stocked: Store, state: NoticeState):
    """The rule in SQL is the rule of the core."""
    everything = page(stocked, Narrowing()).notices
    chosen = page(stocked, Narrowing((state,))).notices

    assert len(everything) == 9
    assert {each.nav for each in chosen} == {
        each.nav for each in everything if notice_state(each, NOW) is state
    }
    assert chosen


def test_pages_follow_each_other_without_a_gap(stocked: Store):
    """Each page begins where the one before ended, the latest due date first."""
    unfiltered = [each.nav for each in page(stocked, Narrowing()).notices]
    pieces, after = [], None
    while True:
        piece = page(stocked, Narrowing(), 2, after)
        pieces += [each.nav for each in piece.notices]
        after = piece.following
        if after is None:
            break

    assert pieces == unfiltered
    assert unfiltered[-2:] == [nav(5), nav(4)]


def test_page_that_looked_at_its_bound_says_where_to_go_on(
    stocked: Store, monkeypatch: pytest.MonkeyPatch
):
    """A rare state costs no more than a common one."""
    monkeypatch.setattr(by_due, "MOST_LOOKED_AT", 3)
    narrowing, pages, navs, after = Narrowing((NoticeState.EXPIRED,)), 0, [], None
    while pages < 9:
        piece = page(stocked, narrowing, 5, after)
        navs += [each.nav for each in piece.notices]
        after, pages = piece.following, pages + 1
        if after is None:
            break
        assert not piece.is_full

    assert navs == [nav(4)]
    assert pages == 4


def test_due_dates_narrow_a_list_and_a_search(stocked: Store):
    """Both ends are included."""
    narrowing = Narrowing(due_since=NOW - DAY, due_until=NOW - DAY)
    with stocked.reading() as connection:
        conditions = narrowing.of_due_dates()
        listing = NoticeFilter(name="maria")
        searched = narrowed.page(connection, ORGANIZATION, listing, conditions, 10)

    assert {each.nav for each in page(stocked, narrowing).notices} == {nav(4), nav(5)}
    assert {each.nav for each in searched.notices} == {nav(4), nav(5)}
    assert searched.total == searched.debtors.total() == 2
    assert searched.following is None
