"""Sessions: how long they last, and what raises and ends them."""

import pytest
from sqlalchemy import func, select

from gpd_soap.store import tables
from gpd_soap.store.access import keys
from gpd_soap.store.people.operators import Scope
from gpd_soap.usecases import refusals
from gpd_soap.usecases.people import refusals as people_refusals
from tests.usecases.people.people import NAME, OTHER, PASSWORD, People


def test_session_ends_after_thirty_idle_minutes(people: People):
    """A use within them keeps it."""
    token = people.sign_in(people.account())
    for _ in range(4):
        people.later(minutes=29)
        people.authorize(token)
    people.later(minutes=30)

    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(token)


def test_session_ends_after_ten_hours_however_it_is_used(people: People):
    """Neither use nor step-up makes it longer."""
    account = people.account()
    token = people.sign_in(account)
    for _ in range(23):
        people.later(minutes=25)
        code = people.proof(token, people.code(account.secret))
        token = people.signing.step_up(code, people.now)
    people.later(minutes=24)
    people.authorize(token)
    people.later(minutes=1)

    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(token)


def test_use_of_a_session_is_stored_once_a_minute(people: People):
    """A page that asks each second writes once a minute."""
    token = people.sign_in(people.account())
    seen = set()
    for _ in range(20):
        people.later(seconds=5)
        people.authorize(token)
        with people.store.reading() as connection:
            seen.add(connection.execute(select(tables.operator_session.c.used_at)).scalar_one())

    assert len(seen) == 3


def test_operation_that_needs_a_recent_factor_asks_again_after_ten_minutes(people: People):
    """A code gives ten more minutes and a new id; the old id is worth nothing."""
    account = people.account(role="admin")
    token = people.sign_in(account)
    people.authorize(token, scope=Scope.CONFIGURE, recent=True)
    people.later(minutes=10)
    with pytest.raises(people_refusals.StepUpNeeded):
        people.authorize(token, scope=Scope.CONFIGURE, recent=True)
    people.authorize(token, scope=Scope.CONFIGURE)

    raised = people.signing.step_up(people.proof(token, people.code(account.secret)), people.now)

    people.authorize(raised, scope=Scope.CONFIGURE, recent=True)
    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(token)


def test_step_up_with_a_used_or_wrong_code_raises_nothing(people: People):
    """The session stays as it was."""
    account = people.account()
    token = people.sign_in(account)
    people.later(minutes=10)
    code = people.code(account.secret)
    token = people.signing.step_up(people.proof(token, code), people.now)
    people.later(minutes=10)

    for text in (code, PASSWORD, ""):
        with pytest.raises(people_refusals.CodeRefused):
            people.signing.step_up(people.proof(token, text), people.now)
    with pytest.raises(people_refusals.StepUpNeeded):
        people.authorize(token, recent=True)


def test_reader_without_a_second_factor_steps_up_by_password(people: People):
    """A reader who sees no person has a password alone."""
    people.invitations.accept(people.invite(role="reader"), PASSWORD, None, people.now)
    token = people.password_step().token
    people.later(minutes=10)
    with pytest.raises(people_refusals.CodeRefused):
        people.signing.step_up(people.proof(token, "tavolo rosso zoppica 7"), people.now)

    raised = people.signing.step_up(people.proof(token, PASSWORD), people.now)

    assert people.authorize(raised, recent=True).name == NAME


def test_sign_out_ends_one_session_and_end_all_each(people: People):
    """A second sign-out of one session does nothing."""
    account = people.account()
    one, two, three = (people.sign_in(account) for _ in range(3))

    people.sessions.sign_out(one, people.now)
    people.sessions.sign_out(one, people.now)
    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(one)
    assert people.sessions.end_all(two, people.now) == 2
    for token in (two, three):
        with pytest.raises(people_refusals.SessionNotValid):
            people.authorize(token)


def test_administrator_ends_the_sessions_of_one_operator(people: People):
    """Those of others stay."""
    anna, other = people.account(), people.account("Altro")
    hers, his = people.sign_in(anna), people.sign_in(other)

    assert people.operators.end_sessions(NAME) == 1
    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(hers)
    assert people.authorize(his).name == "Altro"


def test_session_opens_no_other_organization(people: People):
    """Whether the organization exists makes no difference."""
    token = people.sign_in(people.account())

    for code in (OTHER, "00000000000", None):
        with pytest.raises(refusals.OrganizationForbidden):
            people.authorize(token, organization=code)
    with pytest.raises(people_refusals.ScopeForbidden):
        people.authorize(token, scope=Scope.PERSONS)


def test_session_is_no_key_and_a_key_no_session(people: People):
    """The API takes keys only, and the console sessions only."""
    session = people.sign_in(people.account())
    with people.store.begin() as connection:
        _, key = keys.create(connection, "k", keys.Role.ADMIN, ["*"], people.now, None)
        assert keys.find(connection, session) is None

    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(key)


def test_sessions_that_are_over_leave_the_table(people: People):
    """The next sign-in of anybody removes them."""
    account = people.account()
    for _ in range(3):
        people.sign_in(account)
    people.later(hours=11)
    people.sign_in(account)

    with people.store.reading() as connection:
        count = connection.execute(select(func.count()).select_from(tables.operator_session))
        assert count.scalar_one() == 1
