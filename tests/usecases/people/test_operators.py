"""Operators: invited, found, suspended, reset."""

import pytest
from sqlalchemy import select

from gpd_soap.store import tables
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.tokens import token_digest
from gpd_soap.usecases.refusals import OrganizationNotRegistered
from tests.usecases.people.people import MAIL, NAME, ORGANIZATION, PASSWORD, People, journey


def test_everything_that_operators_do_works_in_one_go(people: People):
    """Invitation, sign-in, step-up, sign-out, recovery, change, suspension, reset."""
    journey(people.store)


@pytest.mark.parametrize(
    "again",
    [{"name": NAME}, {"name": "ANNA inventata"}, {"name": "Altra", "mail": "Anna@Esempio.invalid"}],
)
def test_invitation_of_a_name_or_mail_address_in_use_is_refused(
    people: People, again: dict[str, str]
):
    """Case makes no other name."""
    people.invite(mail=MAIL)

    with pytest.raises(people_refusals.OperatorExists):
        people.invite(**again)
    assert len(people.operators.every()) == 1


def test_operators_without_a_mail_address_are_several(people: People):
    """A missing address is not equal to another missing one."""
    people.invite("Uno")
    people.later(seconds=1)
    people.invite("Due")

    assert [each.name for each in people.operators.every()] == ["Uno", "Due"]


def test_invitation_with_a_scope_of_another_role_adds_nobody(people: People):
    """The finding names the scopes that the role may have."""
    with pytest.raises(people_refusals.InvalidOperator) as refused:
        people.invite(role="reader", scopes=["persons", "load"])

    assert "for a reader: persons" in str(refused.value.errors[0])
    assert people.operators.every() == []


def test_operator_of_an_organization_that_is_not_registered_is_refused(people: People):
    """A slip of the pen would make somebody who can open nothing; the finding says what to do."""
    with pytest.raises(OrganizationNotRegistered) as refused:
        people.invite(organizations=["88888888888", "77777777770", "*"])

    [error] = refused.value.errors
    assert (error.field, error.rule) == ("organizations[1]", "unknown")
    assert "gpd-soap organization put CODE" in str(error)
    assert people.operators.every() == []


def test_suspended_operator_is_out_at_once_and_back_with_the_same_factors(people: People):
    """The next request of an open session is refused; after resuming, both factors work."""
    account = people.account(mail=MAIL)
    token = people.sign_in(account)

    people.operators.suspend(MAIL, people.now)
    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(token)
    with pytest.raises(people_refusals.SignInRefused):
        people.password_step()
    people.operators.resume(account.operator.id)

    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(token)
    assert people.authorize(people.sign_in(account)).name == NAME


def test_suspension_ends_a_waiting_invitation(people: People):
    """A link that was sent to somebody who has left opens nothing."""
    token = people.invite()
    people.operators.suspend(NAME, people.now)
    people.operators.resume(NAME)

    with pytest.raises(people_refusals.InvitationNotValid):
        people.invitations.look(token, people.now)


def test_reset_removes_every_factor_and_ends_every_session(people: People):
    """Until the new link is used, nothing opens."""
    account = people.account()
    token = people.sign_in(account)

    _, link = people.operators.reset(NAME, people.now)

    with pytest.raises(people_refusals.SessionNotValid):
        people.authorize(token)
    with pytest.raises(people_refusals.SignInRefused):
        people.password_step()
    details = people.operators.details(NAME)
    assert (details.has_password, details.has_totp, details.recovery_codes) == (False, False, 0)
    assert people.secret(link) != account.secret
    assert people.authorize(people.sign_in(people.accept(link))).organizations == (ORGANIZATION,)


def test_reset_of_a_suspended_operator_is_refused(people: People):
    """It would make a link that cannot be used."""
    people.invite()
    people.operators.suspend(NAME, people.now)

    with pytest.raises(people_refusals.OperatorSuspended):
        people.operators.reset(NAME, people.now)


def test_unknown_operator_is_not_found(people: People):
    """Each method that names one refuses it."""
    for call in (
        people.operators.details,
        people.operators.resume,
        people.operators.end_sessions,
        lambda name: people.operators.suspend(name, people.now),
        lambda name: people.operators.reset(name, people.now),
    ):
        with pytest.raises(people_refusals.OperatorNotFound):
            call("Nessuno")


def test_store_holds_no_token_code_or_password(people: People):
    """A copy of the database opens no session and no invitation."""
    account = people.account(mail=MAIL)
    token, link = people.sign_in(account), people.invite("Altro")
    with people.store.reading() as connection:
        rows = [
            str(tuple(row))
            for name, table in tables.metadata.tables.items()
            if name.startswith(("operator", "sign_in"))
            for row in connection.execute(select(table))
        ]
    text = "\n".join(rows)

    assert token_digest(token) in text
    for secret in (token, link, PASSWORD, *account.codes, account.codes[0].replace("-", "")):
        assert secret not in text
