"""Signing in at an OpenID provider: who enters, with which identity, and what ends."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from gpd_soap.store import tables
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.tokens import token_digest
from tests.features.oidc.harness import CONSOLE, Console, browse, location
from tests.features.oidc.provider import Person
from tests.usecases.people.people import CALLER, MAIL, NAME


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


def test_visit_cannot_be_ended_by_what_the_store_has(console: Console):
    """It has neither the secret nor the state, and so neither nonce nor verifier."""
    visit = console.oidc.begin(console.now)
    state = parse_qs(urlsplit(visit.address).query)["state"][0]
    with console.store.reading() as connection:
        [row] = connection.execute(select(tables.operator_ceremony)).all()

    assert token_digest(state) == row.digest
    assert visit.secret not in str(row)
    assert state not in str(row)


def test_unknown_identity_does_not_sign_in(console: Console):
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


def test_address_that_was_given_to_another_person_signs_nobody_in(console: Console):
    """The second identity of one provider is not added by itself."""
    console.invite(mail=MAIL)
    console.enter()
    console.provider.people["anna"] = console.provider.people["anna"]._replace(subject="sub-new")

    with pytest.raises(people_refusals.IdentityExists):
        console.enter()


def test_identity_without_a_matching_claim_is_added_by_its_operator(console: Console):
    """It needs a session with a recent factor; then the provider is enough."""
    console.use(match_claim="")
    account = console.account(mail=MAIL)
    with pytest.raises(people_refusals.IdentityRefused):
        console.enter()

    console.add(console.sign_in(account))

    assert console.authorize(console.enter().token, recent=True).name == NAME
    assert "add identity" in deeds(console)


def test_identity_is_added_only_shortly_after_a_proof(console: Console):
    """It is refused later, even if the visit was begun in time."""
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


def test_removed_identity_signs_nobody_in(console: Console):
    """The sessions of its operator end."""
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
