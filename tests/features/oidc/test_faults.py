"""Every fault of a provider, and every attack on a visit to it."""

import threading
import time
from urllib.parse import parse_qs, urlencode

import pytest
from sqlalchemy import func, select

from gpd_soap.features.oidc.fetch import AT_ONCE, Fetch, Unavailable
from gpd_soap.features.oidc.id_token import ALGORITHMS, NotTrusted, verified
from gpd_soap.store import tables
from gpd_soap.usecases.people import refusals as people_refusals
from tests.features.oidc.harness import CLIENT, Console, browse
from tests.features.oidc.provider import FAULTS, Given, Provider
from tests.usecases.people.people import MAIL, NAME
from tests.waiting import until

#: Faults of a token, each with the reason of its refusal.
OF_A_TOKEN = {
    "wrong-issuer": "issuer",
    "wrong-audience": "audience",
    "other-party": "audience",
    "expired": "expired",
    "issued-later": "issued later",
    "wrong-nonce": "nonce",
    "no-nonce": "nonce",
    "no-subject": "subject",
    "alg-none": "algorithm",
    "alg-hs256": "algorithm",
    "alg-hs256-secret": "algorithm",
    "forged": "signature",
    "unknown-key": "key",
    "no-keys": "key",
    "odd-keys": "key",
    "not-a-token": "token: no header",
}
OF_A_RETURN = ("wrong-state", "other-provider", "denied", "no-code", "code-refused")
OF_A_SERVER = ("no-token", "down", "closed", "slow", "drip", "huge", "not-json", "redirects")
OF_METADATA = ("other-metadata", "plain-addresses")
#: Faults that are no refusal by themselves: what was proved, and when.
OF_A_PROOF = ("old-proof", "no-proof-time", "one-factor")


def test_every_fault_of_the_stand_in_has_a_test():
    """A new fault needs a row here."""
    tested = {*OF_A_TOKEN, *OF_A_RETURN, *OF_A_SERVER, *OF_METADATA, *OF_A_PROOF}

    assert tested == FAULTS.keys()


@pytest.mark.parametrize("fault", [*OF_A_TOKEN, *OF_A_RETURN])
def test_answer_that_does_not_hold_signs_nobody_in(
    sqlite_console: Console, fault: str, caplog: pytest.LogCaptureFixture
):
    """The log has a reason, and nothing that the provider wrote."""
    console = sqlite_console
    console.invite(mail=MAIL)
    visit = console.oidc.begin(console.now)
    console.provider.faults = {fault}

    with pytest.raises(people_refusals.ProviderRefused):
        console.finish(visit, browse(visit))

    [record] = [each for each in caplog.records if hasattr(each, "fields")]
    expected = OF_A_TOKEN.get(fault)
    assert expected is None or record.fields == {"reason": expected}
    assert "Inventata" not in str(vars(record))
    console.provider.faults = set()
    assert console.authorize(console.enter().token).name == NAME


@pytest.mark.parametrize("fault", OF_A_SERVER)
def test_provider_without_a_usable_answer_signs_nobody_in(sqlite_console: Console, fault: str):
    """It costs seconds, never more, and the next try goes on."""
    console = sqlite_console
    console.invite(mail=MAIL)
    visit = console.oidc.begin(console.now)
    query = browse(visit)
    console.provider.faults = {fault}
    console.seconds = 0.3
    console.oidc._provider._fetch = Fetch(seconds=console.seconds)
    began = time.monotonic()

    with pytest.raises(people_refusals.ProviderUnavailable):
        console.finish(visit, query)

    assert time.monotonic() - began < 8
    console.seconds = 20.0
    console.use()
    console.provider.faults = set()
    assert console.enter().proved


@pytest.mark.parametrize("fault", [*OF_A_SERVER[1:], *OF_METADATA])
def test_visit_to_a_provider_that_cannot_be_used_does_not_begin(
    sqlite_console: Console, fault: str
):
    """The console says so at once, and the other factors still work."""
    console = sqlite_console
    account = console.account(mail=MAIL)
    console.seconds = 0.3
    console.use()
    console.provider.faults = {fault}

    with pytest.raises(people_refusals.ProviderUnavailable):
        console.oidc.begin(console.now)
    assert console.authorize(console.sign_in(account)).name == NAME


def test_provider_that_was_down_is_tried_again(sqlite_console: Console):
    """A failure is not kept."""
    sqlite_console.invite(mail=MAIL)
    sqlite_console.provider.faults = {"down"}
    with pytest.raises(people_refusals.ProviderUnavailable):
        sqlite_console.oidc.begin(sqlite_console.now)
    sqlite_console.provider.faults = set()

    assert sqlite_console.enter().proved


def test_provider_that_is_down_counts_as_no_failure(sqlite_console: Console):
    """An office behind one address is not slowed down by it."""
    console = sqlite_console
    console.invite(mail=MAIL)
    console.oidc._provider._fetch = Fetch(seconds=20)
    for _ in range(12):
        visit = console.oidc.begin(console.now)
        query = browse(visit)
        console.provider.faults = {"no-token"}
        with pytest.raises(people_refusals.ProviderUnavailable):
            console.finish(visit, query)
        console.provider.faults = set()

    assert console.enter().proved


def test_published_keys_are_read_once_and_again_for_an_unknown_one(sqlite_console: Console):
    """A provider may change its keys at any time."""
    console = sqlite_console
    console.invite(mail=MAIL)
    console.enter()
    console.enter()
    known = console.provider.requests.copy()
    console.provider.rotate()
    console.enter()
    console.provider.rotate("ES256")
    console.enter()

    assert [each for each in known if "keys" in each] == ["GET /realms/prova/keys"]
    assert [each for each in known if "openid-configuration" in each] == [
        "GET /realms/prova/.well-known/openid-configuration"
    ]
    assert console.provider.requests.count("GET /realms/prova/keys") == 3


def test_metadata_is_read_again_after_an_hour(sqlite_console: Console):
    """A provider may move its addresses."""
    sqlite_console.invite(mail=MAIL)
    sqlite_console.enter()
    sqlite_console.later(minutes=59)
    sqlite_console.enter()
    sqlite_console.later(minutes=1)
    sqlite_console.enter()

    read = [each for each in sqlite_console.provider.requests if "openid-configuration" in each]
    assert len(read) == 2


def test_client_authenticates_as_the_provider_takes_it(sqlite_console: Console):
    """It uses a header if the provider takes one, and else the form."""
    sqlite_console.invite(mail=MAIL)
    sqlite_console.provider.methods = ["client_secret_post"]

    assert sqlite_console.enter().proved


def test_visit_works_once(console: Console):
    """Who reads the address in a history opens no second session, whatever the provider does."""
    console.invite(mail=MAIL)
    console.provider.takes_codes_twice = True
    visit = console.oidc.begin(console.now)
    query = browse(visit)
    console.finish(visit, query)

    with pytest.raises(people_refusals.ProviderRefused):
        console.finish(visit, query)


def test_visit_lasts_ten_minutes(console: Console):
    """A page that was left open must be begun again."""
    console.invite(mail=MAIL)
    visit = console.oidc.begin(console.now)
    console.later(minutes=10)

    with pytest.raises(people_refusals.ProviderRefused):
        console.finish(visit, browse(visit))


def test_visit_of_another_browser_is_refused_and_stays(console: Console):
    """Nobody is signed in as the attacker who sent a link, and the attacker's visit goes on."""
    console.invite(mail=MAIL)
    attackers, own = console.oidc.begin(console.now), console.oidc.begin(console.now)
    query = browse(attackers)

    for secret in (own.secret, "", "x" * 10_000, "\ud800"):
        with pytest.raises(people_refusals.ProviderRefused):
            console.finish(own._replace(secret=secret), query)
    assert console.finish(attackers, query).proved


def test_code_of_another_visit_is_refused(console: Console):
    """A stolen code is of no use without the secret of its visit."""
    console.invite(mail=MAIL)
    victims, own = console.oidc.begin(console.now), console.oidc.begin(console.now)
    stolen = parse_qs(browse(victims))["code"][0]
    mine = {name: values[0] for name, values in parse_qs(browse(own)).items()}

    with pytest.raises(people_refusals.ProviderRefused):
        console.finish(own, urlencode({**mine, "code": stolen}))


@pytest.mark.parametrize(
    "query", ["", "code=x", "state=x", "%", "&&&", "a=b" * 9000, "x&" * 500, "state=\ud800"]
)
def test_malformed_query_is_refused(sqlite_console: Console, query: str):
    """It is refused without an error."""
    visit = sqlite_console.oidc.begin(sqlite_console.now)

    with pytest.raises(people_refusals.ProviderRefused):
        sqlite_console.finish(visit, query)


def test_parameter_that_comes_twice_is_refused(sqlite_console: Console):
    """Two parts of the program could read different ones."""
    sqlite_console.invite(mail=MAIL)
    visit = sqlite_console.oidc.begin(sqlite_console.now)
    query = browse(visit)

    with pytest.raises(people_refusals.ProviderRefused):
        sqlite_console.finish(visit, f"{query}&state=altro")
    assert sqlite_console.finish(visit, query).proved


def test_refused_identity_leaves_nothing_in_the_store(console: Console):
    """No operator, identity or session is stored."""
    console.use("altro=writer:77777777777", create=True)
    with pytest.raises(people_refusals.IdentityRefused):
        console.enter()

    with console.store.reading() as connection:
        for name in ("operator", "operator_identity", "operator_session", "operator_ceremony"):
            table = tables.metadata.tables[name]
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0, name


def test_slow_provider_takes_two_threads_of_a_process(provider: Provider):
    """The others go on with their work, and say soon that the provider is busy."""
    fetch = Fetch(seconds=4)
    provider.faults = {"slow"}
    errors: list[str] = []

    def call() -> None:
        try:
            fetch.get(f"{provider.issuer}/keys")
        except Unavailable as error:
            errors.append(str(error))

    threads = [threading.Thread(target=call) for _ in range(AT_ONCE)]
    for each in threads:
        each.start()
    until(lambda: len(provider.requests) == AT_ONCE, "the first requests")
    fetch._seconds = 0.2
    for _ in range(3):
        call()
    busy, sent = list(errors), len(provider.requests)
    for each in threads:
        each.join(60)

    assert busy == ["too many requests wait for the provider"] * 3
    assert sent == AT_ONCE
    assert errors[3:] == ["no answer in time"] * AT_ONCE


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "e30.e30.", "W10.e30.e30", "x" * 100_000, "\ud800", "é.é.é",
     "eyJhbGciOiJSUzI1NiJ9", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "eyJhbGciOjV9.e30.AAAA"],
)  # fmt: skip
def test_text_that_is_no_token_is_refused(sqlite_console: Console, token: str):
    """It ends in a reason, without an error."""
    keys = sqlite_console.provider.keys()

    with pytest.raises(NotTrusted):
        verified(token, lambda _: keys, ("https://x", CLIENT, "n"), sqlite_console.now)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_of_a_published_key_is_verified(sqlite_console: Console, algorithm: str):
    """No key of another kind is accepted for it."""
    provider = sqlite_console.provider
    given = Given(provider.people["anna"], {"nonce": "n"}, sqlite_console.now.timestamp())
    provider.rotate(algorithm)
    token, keys, now = provider._id(given), provider.keys(), sqlite_console.now
    expected = (provider.issuer, CLIENT, "n")

    assert verified(token, lambda _: keys, expected, now)["sub"] == "sub-anna"
    provider.rotate("RS256" if algorithm.startswith("E") else "ES256")
    other = provider.keys()
    other["keys"][-1]["kid"] = keys["keys"][-1]["kid"]
    with pytest.raises(NotTrusted):
        verified(token, lambda _: other, expected, now)


def test_changed_byte_of_a_token_is_refused(sqlite_console: Console):
    """Each part is under the signature."""
    console = sqlite_console
    provider = console.provider
    given = Given(provider.people["anna"], {"nonce": "n"}, console.now.timestamp())
    token, keys = provider._id(given), provider.keys()
    expected = (provider.issuer, CLIENT, "n")

    assert verified(token, lambda _: keys, expected, console.now)["sub"] == "sub-anna"
    for position in range(0, len(token) - 1, 37):
        other = "A" if token[position] != "A" else "B"
        changed = token[:position] + other + token[position + 1 :]
        with pytest.raises(NotTrusted):
            verified(changed, lambda _: keys, expected, console.now)
