"""How many factors a provider has proved, how long ago, and the step-up that proves them anew."""

from urllib.parse import parse_qs, urlsplit

import pytest

from gpd_soap.usecases.people import refusals as people_refusals
from tests.features.oidc.harness import Console, browse
from tests.usecases.people.people import MAIL, NAME


def test_one_factor_at_the_provider_needs_a_code_here(console: Console):
    """Until then the session opens nothing."""
    account = console.account(mail=MAIL)
    console.provider.faults = {"one-factor"}

    first = console.enter()

    assert not first.proved
    with pytest.raises(people_refusals.SessionNotValid):
        console.authorize(first.token)
    proof = console.proof(first.token, console.code(account.secret))
    token = console.signing.prove(proof, console.now)
    assert console.authorize(token, recent=True).name == NAME


def test_one_factor_without_a_code_is_not_enough_for_who_writes(console: Console):
    """A reader who sees no person may enter with it."""
    console.provider.faults = {"one-factor"}
    console.invite(mail=MAIL)
    with pytest.raises(people_refusals.SecondFactorNeeded):
        console.enter()

    console.provider.person = "bruno"
    console.invite("Bruno Inventato", "reader", mail="bruno@esempio.invalid")
    assert console.enter().proved


@pytest.mark.parametrize(
    ("claims", "proved"),
    [
        ({"amr": ["otp"]}, False),
        ({"amr": ["hwk", "pin"]}, True),
        ({"amr": "hwk"}, False),
        ({"amr": [], "acr": "gold"}, True),
        ({"amr": [], "acr": "bronze"}, False),
        ({"amr": [["hwk"]], "acr": ["gold"]}, False),
        ({"amr": {"hwk": 1}}, False),
        ({"amr": None, "acr": None}, False),
    ],
)
def test_values_of_the_settings_stand_for_two_factors(
    sqlite_console: Console, claims: dict[str, object], *, proved: bool
):  # fmt: skip
    """Others do not, and neither does a value of an odd type."""
    sqlite_console.use(acr=("silver", "gold"), amr=("hwk",))
    sqlite_console.provider.more = claims
    sqlite_console.account(mail=MAIL)

    assert sqlite_console.enter().proved is proved


def test_proof_of_hours_ago_is_no_recent_factor(console: Console):
    """A provider lets in without a question who signed in there in the morning."""
    console.invite(mail=MAIL)
    console.provider.faults = {"old-proof"}

    token = console.enter().token

    assert console.authorize(token).name == NAME
    with pytest.raises(people_refusals.StepUpNeeded):
        console.authorize(token, recent=True)


def test_proof_without_a_time_is_no_recent_factor(console: Console):
    """Nobody knows when it was."""
    console.invite(mail=MAIL)
    console.provider.faults = {"no-proof-time"}
    token = console.enter().token

    with pytest.raises(people_refusals.StepUpNeeded):
        console.authorize(token, recent=True)


def test_step_up_at_the_provider_replaces_the_session(console: Console):
    """The provider is told to ask again."""
    console.invite(mail=MAIL)
    token = console.enter().token
    console.later(minutes=11)
    visit = console.oidc.begin_step_up(token, console.now)
    raised = console.finish(visit, browse(visit), token).token

    query = parse_qs(urlsplit(visit.address).query)
    assert (query["prompt"], query["max_age"]) == (["login"], ["0"])
    assert console.authorize(raised, recent=True).name == NAME
    with pytest.raises(people_refusals.SessionNotValid):
        console.authorize(token)


@pytest.mark.parametrize("fault", ["old-proof", "no-proof-time"])
def test_step_up_without_a_new_proof_is_refused(console: Console, fault: str):
    """A provider that ignores the demand raises nothing."""
    console.invite(mail=MAIL)
    token = console.enter().token
    console.later(minutes=11)
    console.provider.faults = {fault}

    with pytest.raises(people_refusals.ProviderRefused):
        console.step_up(token)
    with pytest.raises(people_refusals.StepUpNeeded):
        console.authorize(token, recent=True)


def test_step_up_with_one_factor_is_refused(console: Console):
    """What is recent must be as strong as at sign-in."""
    console.invite(mail=MAIL)
    token = console.enter().token
    console.provider.faults = {"one-factor"}

    with pytest.raises(people_refusals.SecondFactorNeeded):
        console.step_up(token)


def test_step_up_as_somebody_else_is_refused(console: Console):
    """A colleague at the same desk does not raise another's session."""
    console.invite(mail=MAIL)
    console.invite("Bruno Inventato", mail="bruno@esempio.invalid")
    token = console.enter().token
    console.provider.person = "bruno"

    with pytest.raises(people_refusals.IdentityRefused):
        console.step_up(token)


def test_step_up_needs_the_session_that_began_it(console: Console):
    """A visit of another session, or of none, raises nothing."""
    console.invite(mail=MAIL)
    first, second = console.enter().token, console.enter().token
    for session in (second, None):
        visit = console.oidc.begin_step_up(first, console.now)
        with pytest.raises(people_refusals.SessionNotValid):
            console.finish(visit, browse(visit), session)


def test_step_up_without_an_identity_is_refused(console: Console):
    """Such an operator proves a code."""
    token = console.sign_in(console.account())

    with pytest.raises(people_refusals.IdentityNotFound):
        console.oidc.begin_step_up(token, console.now)
