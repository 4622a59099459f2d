"""An operator's own factors and sessions, and the link of a demo, on each kind of database."""

import pytest

from gpd_soap.store.store import Store
from gpd_soap.usecases.people import ceremonies, demo_link
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.ceremonies import Kind
from gpd_soap.usecases.people.own import Own
from tests.usecases.people.people import NAME, People


def own_of(people: People) -> Own:
    """Return the use cases about an operator's own affairs."""
    return Own(people.store, people.random)


def test_own_page_knows_factors_and_living_sessions(people: People):
    """Sessions that have ended, or that wait for a code, are not listed."""
    account = people.account()
    first = people.sign_in(account)
    people.later(hours=1)
    here = people.sign_in(account)
    people.password_step()

    factors = own_of(people).factors(here, people.now)

    assert (factors.has_password, factors.has_totp, factors.recovery_codes) == (True, True, 10)
    assert factors.sessions == (factors.here,)
    with pytest.raises(people_refusals.SessionNotValid):
        own_of(people).factors(first, people.now)


def test_renewed_codes_replace_the_older_ones(people: People):
    """An older code is worth nothing, and each new one is good once."""
    account = people.account()
    token = people.sign_in(account)
    codes = own_of(people).renew_codes(token, people.now)
    first = people.password_step()
    for code in (account.codes[0], "nonsense"):
        with pytest.raises(people_refusals.CodeRefused):
            people.signing.prove(people.proof(first.token, code), people.now)
    people.signing.prove(people.proof(first.token, codes[0]), people.now)

    assert len(set(codes)) == 10
    assert people.operators.details(NAME).recovery_codes == 9
    people.later(minutes=11)
    with pytest.raises(people_refusals.StepUpNeeded):
        own_of(people).renew_codes(token, people.now)


def test_other_sessions_end_and_this_one_lasts(people: People):
    """An operator who forgot to sign out elsewhere ends those sessions from here."""
    account = people.account()
    other, here = people.sign_in(account), people.sign_in(account)
    own_of(people).end_others(here, people.now)

    assert people.authorize(here).name == NAME
    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(other)


def test_identity_that_is_not_there_cannot_be_removed(people: People):
    """Nobody removes what is not theirs."""
    token = people.sign_in(people.account())

    with pytest.raises(people_refusals.IdentityNotFound):
        own_of(people).remove_identity(token, "none", people.now)


def demo_token(people: People, store: Store) -> str:
    """Return the token of a link for the only operator."""
    operator = people.operators.details(NAME).operator
    return demo_link.make(store, operator.id, people.random, people.now)


def test_challenge_of_another_ceremony_is_no_link_of_a_demo(people: People):
    """A challenge that was sent to a device signs nobody in."""
    people.account()
    operator = people.operators.details(NAME).operator
    for number, kind in enumerate(Kind):
        if kind is not Kind.DEMO_SIGN_IN:
            ceremonies.begin(people.store, kind, f"t{number}", people.now, (operator.id, "x"))
            with pytest.raises(people_refusals.InvitationNotValid):
                demo_link.enter(people.store, f"t{number}", people.random, people.now)


def test_link_of_a_demo_is_good_once_for_an_hour(people: People):
    """It begins a session without any factor; suspending its operator ends it."""
    people.account()
    token = demo_token(people, people.store)
    people.later(minutes=59)
    session = demo_link.enter(people.store, token, people.random, people.now)
    assert people.authorize(session, recent=True).name == NAME
    late = demo_token(people, people.store)
    people.later(minutes=60)
    suspended = demo_token(people, people.store)
    for used in (token, late, "nonsense"):
        with pytest.raises(people_refusals.InvitationNotValid):
            demo_link.enter(people.store, used, people.random, people.now)
    people.operators.suspend(NAME, people.now)
    with pytest.raises(people_refusals.InvitationNotValid):
        demo_link.enter(people.store, suspended, people.random, people.now)
