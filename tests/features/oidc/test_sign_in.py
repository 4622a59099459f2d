"""Signing in at an OpenID provider: who enters, with which rights, and what ends."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from gpd_soap.store.people.operators import Scope
from gpd_soap.usecases import refusals
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.tokens import token_digest
from tests.features.oidc.bed import CONSOLE, RIGHTS, Console, browse, location
from tests.features.oidc.provider import Person
from tests.usecases.people.people import CALLER, MAIL, NAME, OTHER


def deeds(console: Console) -> list[str]:
    """Return what operators did, in its order."""
    statement = select(tables.audit.c.path).order_by(tables.audit.c.at, tables.audit.c.id)
    with console.store.reading() as connection:
        return list(connection.execute(statement).scalars())


def test_invited_operator_enters_by_a_verified_address(console: Console):
    """From then on the identity counts, whatever the address becomes."""
    console.invite(mail=MAIL)
    first = console.enter()
    console.provider.people["anna"] = Person("sub-anna", {"email": "altra@esempio.invalid"})
    second = console.enter()

    assert first.proved
    assert console.authorize(first.token, recent=True).name == NAME
    assert console.authorize(second.token).name == NAME
    [identity] = console.operators.details(NAME).identities
    assert (identity.subject, identity.managed) == ("sub-anna", False)
    assert deeds(console).count("sign in, provider") == 2


def test_visit_asks_for_a_code_with_pkce_and_a_nonce(console: Console):
    """Nothing that goes with the browser is of use to who reads it."""
    console.use(acr=("https://www.spid.gov.it/SpidL2", "silver"), scopes=("openid", "email"))
    visit = console.oidc.begin(console.now)
    query = {name: value for name, [value] in parse_qs(urlsplit(visit.address).query).items()}

    assert visit.address.startswith(f"{console.provider.issuer}/authorize?")
    assert query["response_type"] == "code"
    assert query["redirect_uri"] == f"{CONSOLE}/console/oidc/callback"
    assert query["scope"] == "openid email"
    assert query["code_challenge_method"] == "S256"
    assert query["acr_values"] == "https://www.spid.gov.it/SpidL2 silver"
    assert len({query["state"], query["nonce"], query["code_challenge"], visit.secret}) == 4
    assert visit.secret not in visit.address


def test_store_ends_no_visit(console: Console):
    """It has neither the secret nor the state, and so neither nonce nor verifier."""
    visit = console.oidc.begin(console.now)
    state = parse_qs(urlsplit(visit.address).query)["state"][0]
    with console.store.reading() as connection:
        [row] = connection.execute(select(tables.operator_ceremony)).all()

    assert token_digest(state) == row.digest
    assert visit.secret not in str(row)
    assert state not in str(row)


def test_stranger_does_not_enter(console: Console):
    """An identity makes no operator."""
    console.invite()

    with pytest.raises(people_refusals.IdentityRefused):
        console.enter()
    assert len(console.operators.every()) == 1


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_address_that_is_not_verified_names_nobody(console: Console, verified: object):
    """Anybody may write any address into a profile."""
    console.invite(mail=MAIL)
    person = console.provider.people["anna"]
    console.provider.people["anna"] = person._replace(
        claims={**person.claims, "email_verified": verified}
    )

    with pytest.raises(people_refusals.IdentityRefused):
        console.enter()


def test_address_that_was_given_to_another_person_opens_nothing(console: Console):
    """The second identity of one provider is not added by itself."""
    console.invite(mail=MAIL)
    console.enter()
    console.provider.people["anna"] = console.provider.people["anna"]._replace(subject="sub-new")

    with pytest.raises(people_refusals.IdentityExists):
        console.enter()


def test_without_a_matching_claim_operators_add_their_identity(console: Console):
    """It needs a session with a recent factor; then the provider is enough."""
    console.use(match_claim="")
    account = console.account(mail=MAIL)
    with pytest.raises(people_refusals.IdentityRefused):
        console.enter()

    console.add(console.sign_in(account))

    assert console.authorize(console.enter().token, recent=True).name == NAME
    assert "add identity" in deeds(console)


def test_identity_is_added_only_shortly_after_a_proof(console: Console):
    """Also where the visit was begun in time."""
    token = console.sign_in(console.account())
    visit = console.oidc.begin_add(token, console.now)
    console.later(minutes=9, seconds=59)

    with pytest.raises(people_refusals.StepUpNeeded):
        console.oidc.begin_add(token, console.now)
    with pytest.raises(people_refusals.StepUpNeeded):
        console.finish(visit, browse(visit), token)


def test_identity_of_another_operator_is_not_added(console: Console):
    """One identity opens one account."""
    console.invite("Altra", mail=MAIL)
    console.enter()
    token = console.sign_in(console.account())

    with pytest.raises(people_refusals.IdentityExists):
        console.add(token)


def test_removed_identity_opens_nothing(console: Console):
    """And the sessions of its operator end."""
    console.use(match_claim="")
    account = console.account()
    console.add(console.sign_in(account))
    token = console.enter().token
    [identity] = console.operators.details(NAME).identities

    console.operators.remove_identity(NAME, identity.id)

    with pytest.raises(people_refusals.SessionNotValid):
        console.authorize(token)
    with pytest.raises(people_refusals.IdentityRefused):
        console.enter()
    with pytest.raises(people_refusals.IdentityNotFound):
        console.operators.remove_identity(NAME, identity.id)


def test_suspended_operator_does_not_enter(console: Console):
    """A provider that still knows somebody who has left is no way in."""
    console.invite(mail=MAIL)
    token = console.enter().token
    console.operators.suspend(NAME, console.now)

    with pytest.raises(people_refusals.SessionNotValid):
        console.authorize(token)
    with pytest.raises(people_refusals.IdentityRefused):
        console.enter()


def test_reset_removes_identities(console: Console):
    """What somebody added in another's name is gone."""
    console.use(match_claim="")
    console.add(console.sign_in(console.account()))
    console.operators.reset(NAME, console.now)

    with pytest.raises(people_refusals.IdentityRefused):
        console.enter()


def test_operator_is_made_by_signing_in_if_the_settings_say_so(console: Console):
    """The rights are those of the first group that matches, and no mail address is kept."""
    console.use(*RIGHTS, create=True, match_claim="")
    token = console.enter().token

    operator = console.authorize(token, recent=True)
    assert (operator.name, operator.mail, operator.role) == (NAME, None, Role.WRITER)
    assert operator.scopes == {Scope.PERSONS, Scope.LOAD}
    with pytest.raises(refusals.OrganizationForbidden):
        console.authorize(token, organization=OTHER)
    [stored] = console.operators.every()
    assert (stored.role, stored.organizations, stored.scopes) == (Role.READER, (), frozenset())
    assert stored.created_by == console.provider.issuer


def test_rights_follow_the_groups_at_each_sign_in(console: Console):
    """A change of office at the provider changes what the next session may do."""
    console.use(*RIGHTS, create=True, match_claim="")
    before = console.enter().token
    anna = console.provider.people["anna"]
    console.provider.people["anna"] = anna._replace(claims={**anna.claims, "groups": "ragioneria"})
    after = console.enter().token

    assert console.authorize(before).role is Role.WRITER
    assert console.authorize(after, organization=OTHER).role is Role.READER
    with pytest.raises(refusals.OrganizationForbidden):
        console.authorize(after)
    assert len(console.operators.every()) == 1


@pytest.mark.parametrize("groups", [[], ["altro"], "", None, 7, {"tributi": True}, [["tributi"]]])
def test_without_a_group_of_the_rule_nobody_enters(console: Console, groups: object):
    """An invited operator neither: no claim, no entry."""
    console.use(*RIGHTS, create=True)
    console.invite(mail=MAIL)
    anna = console.provider.people["anna"]
    console.provider.people["anna"] = anna._replace(claims={**anna.claims, "groups": groups})

    with pytest.raises(people_refusals.IdentityRefused):
        console.enter()
    assert console.operators.details(NAME).identities == ()


def test_group_of_the_rule_gives_an_invited_operator_no_other_rights(console: Console):
    """The administrator's word counts for who was invited."""
    console.use(*RIGHTS, create=True)
    console.invite(mail=MAIL, role="reader")

    assert console.authorize(console.enter().token).role is Role.READER


def test_new_operator_with_a_name_in_use_gets_another(console: Console):
    """Nobody enters as somebody else by a name."""
    console.use(*RIGHTS, create=True, match_claim="")
    console.invite()
    console.enter()

    names = sorted(each.name for each in console.operators.every())
    assert names[0] == NAME
    assert names[1].startswith(f"{NAME} ")


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
    sqlite_console: Console, claims: dict[str, object], proved: bool  # noqa: FBT001
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


def test_sign_out_ends_the_session_here_and_there(console: Console):
    """The provider gets its own token back, and sends the browser to the console."""
    console.invite(mail=MAIL)
    token = console.step_up(console.enter().token)

    address = console.oidc.sign_out(token, console.now)

    assert address is not None
    assert location(address) == f"{CONSOLE}/console/signed-out"
    [query] = console.provider.ended
    assert query["client_id"] == "console"
    assert query["id_token_hint"].count(".") == 2
    with pytest.raises(people_refusals.SessionNotValid):
        console.authorize(token)
    assert console.oidc.sign_out(token, console.now) is None


def test_sign_out_of_a_session_of_another_factor_stays_here(console: Console):
    """A provider that began no session is not visited."""
    token = console.sign_in(console.account())

    assert console.oidc.sign_out(token, console.now) is None
    with pytest.raises(people_refusals.SessionNotValid):
        console.authorize(token)


def test_sign_out_ends_the_session_here_though_the_provider_is_down(console: Console):
    """A fault there keeps nobody signed in here."""
    console.invite(mail=MAIL)
    token = console.enter().token
    console.later(hours=2)
    token = console.enter().token
    console.use()
    console.provider.faults = {"down"}

    assert console.oidc.sign_out(token, console.now) is None
    with pytest.raises(people_refusals.SessionNotValid):
        console.authorize(token)


def test_failures_of_an_address_make_it_wait(console: Console):
    """A program that tries answers is slowed down, before the provider is called."""
    console.invite(mail=MAIL)
    visit = console.oidc.begin(console.now)
    query = browse(visit)
    for _ in range(10):
        with pytest.raises(people_refusals.ProviderRefused):
            console.finish(visit, "state=x", None, CALLER)
    calls = len(console.provider.requests)

    with pytest.raises(people_refusals.TooManyAttempts):
        console.finish(visit, query)
    assert len(console.provider.requests) == calls
    assert console.finish(visit, query, None, "192.0.2.99").proved
