"""Invitations: a link works once, for an hour."""

import pytest

from gpd_soap.usecases.people import refusals as people_refusals
from tests.usecases.people.people import NAME, NEW_PASSWORD, PASSWORD, People


def test_invitation_shows_for_whom_it_is_and_changes_nothing(people: People):
    """A mail scanner that opens the link does not use it up."""
    token = people.invite()

    first = people.invitations.look(token, people.now)
    people.later(minutes=59)
    again = people.invitations.look(token, people.now)

    assert first == again
    assert (first.operator.name, first.needs_second_factor) == (NAME, True)
    assert first.secret in first.address
    assert people.accept(token).operator.name == NAME


def test_invitation_is_accepted_once(people: People):
    """A link that was used does nothing for a later finder."""
    token = people.invite()
    people.accept(token)

    with pytest.raises(people_refusals.InvitationNotValid):
        people.invitations.look(token, people.now)
    with pytest.raises(people_refusals.InvitationNotValid):
        people.invitations.accept(token, NEW_PASSWORD, "000000", people.now)
    people.password_step(password=PASSWORD)


def test_invitation_expires_after_an_hour(people: People):
    """A forgotten link opens nothing."""
    token = people.invite()
    people.later(minutes=60)

    with pytest.raises(people_refusals.InvitationNotValid):
        people.invitations.look(token, people.now)
    with pytest.raises(people_refusals.InvitationNotValid):
        people.invitations.accept(token, PASSWORD, "000000", people.now)


def test_new_invitation_ends_the_one_before(people: People):
    """Of two links, the last works."""
    old = people.invite()
    _, new = people.operators.reset(NAME, people.now)

    with pytest.raises(people_refusals.InvitationNotValid):
        people.invitations.look(old, people.now)
    assert people.accept(new).operator.name == NAME


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "\ud800"])
def test_unknown_token_is_refused(people: People, token: str):
    """It is refused like an expired one, without an error."""
    with pytest.raises(people_refusals.InvitationNotValid):
        people.invitations.look(token, people.now)


def test_wrong_code_or_unfit_password_leaves_the_invitation_valid(people: People):
    """The operator types again."""
    token = people.invite()
    code = people.code(people.secret(token))
    wrong = f"{(int(code) + 1) % 10**6:06}"

    with pytest.raises(people_refusals.CodeRefused):
        people.invitations.accept(token, PASSWORD, wrong, people.now)
    with pytest.raises(people_refusals.UnfitPassword) as refused:
        people.invitations.accept(token, "annainventata", code, people.now)
    assert refused.value.errors[0].rule == "common"
    assert people.accept(token).operator.name == NAME


def test_code_of_the_enrolment_signs_nobody_in(people: People):
    """The step is used up, so that a code seen at the enrolment is worth nothing."""
    token = people.invite()
    secret = people.secret(token)
    code = people.code(secret)
    people.invitations.accept(token, PASSWORD, code, people.now)
    first = people.password_step()

    with pytest.raises(people_refusals.CodeRefused):
        people.signing.prove(people.proof(first.token, code), people.now)


def test_acceptance_gives_ten_different_recovery_codes(people: People):
    """They are shown once."""
    codes = people.account().codes

    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    assert people.operators.details(NAME).recovery_codes == 10
