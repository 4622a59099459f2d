"""Subscriptions over the API: who may make them, where they may lead, what may be changed."""

from ipaddress import ip_network
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from werkzeug.test import Client

from gpd_soap.api.app import NO_LIMITS, Features, Monitoring, admin_app
from gpd_soap.features.webhooks import signing
from gpd_soap.features.webhooks.addresses import Rule
from gpd_soap.features.webhooks.client import Identities
from gpd_soap.features.webhooks.options import Options
from gpd_soap.features.webhooks.signing_key import SigningKey
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from tests.api.office import ORGANIZATION, Answer, BackOffice, Clock, ready
from tests.validation.bodies import OTHER, body, option

ALL = f"/organizations/{ORGANIZATION}/subscriptions"
MASTER = bytes(range(0x40, 0x60))
OPTIONS = Options(
    MASTER, Rule((ip_network("10.0.0.0/8"),), (8443,)), Identities({"noi": "noi.pem"}, {})
)
FIELDS = {"url": "https://10.1.2.3:8443/eventi", "types": ["receipt."], "certificate": "noi"}


class Subscriber(BackOffice):
    """A back office of an installation that has webhooks."""

    def __init__(self, store: Store, options: Options = OPTIONS) -> None:
        super().__init__(store, Clock())
        monitoring = Monitoring(ready, lambda figures: Metrics().text(figures, self.clock()))
        self.app = admin_app(
            store, self.clock, self.cases, monitoring, NO_LIMITS, Features(options)
        )
        self._client = Client(self.app)

    def subscribe(self, **fields: Any) -> Answer:
        """Make a subscription."""
        return self.post(ALL, {**FIELDS, **fields})


@pytest.fixture
def office(store: Store) -> Subscriber:
    """A subscriber over each kind of database."""
    return Subscriber(store)


@pytest.fixture
def quick(quick_store: Store) -> Subscriber:
    """A subscriber over SQLite alone."""
    return Subscriber(quick_store)


def test_subscription_is_made_with_a_secret_that_is_shown_once(office: Subscriber):
    """It is derived, so that the database does not hold it."""
    office.create(body(option(1)))
    made = office.subscribe()

    assert made.status == 201
    name = made.body["id"]
    secret = signing.secret_text(signing.secret_of(MASTER, ORGANIZATION, name, 1))
    assert made.body["secret"] == secret
    read = office.get(f"{ALL}/{name}")
    assert "secret" not in read.body
    assert (read.body["cursor"], read.body["state"], read.body["lanes"]) == ("1", "active", 1)
    [listed] = office.get(ALL).body["subscriptions"]
    assert listed == read.body


def test_secret_is_not_stored_for_a_repeated_request(quick: Subscriber):
    """The answer of a request with an Idempotency-Key would be stored."""
    made = quick.post(ALL, FIELDS, headers={"Idempotency-Key": "a-1"})

    assert made.status == 400


def test_change_needs_the_present_etag(office: Subscriber):
    """Without If-Match the last one wins."""
    made = office.subscribe()
    one = f"{ALL}/{made.body['id']}"
    etag = made.headers["ETag"]

    changed = office.put(one, {**FIELDS, "lanes": 8}, headers={"If-Match": etag})
    late = office.put(one, FIELDS, headers={"If-Match": etag})
    paused = office.post(f"{one}/pause", headers={"If-Match": changed.headers["ETag"]})

    assert (changed.status, changed.body["lanes"], changed.body["id"]) == (200, 8, made.body["id"])
    assert (late.status, late.title) == (412, "Precondition Failed")
    assert (paused.status, paused.body["state"]) == (200, "paused")
    assert office.put(one, FIELDS).status == 200
    assert office.post(f"{one}/resume").body["state"] == "active"
    assert office.request("DELETE", one, headers={"If-Match": etag}).status == 412
    assert office.request("DELETE", one).status == 204
    assert office.get(one).status == 404


def test_rotation_shows_the_next_secret(quick: Subscriber):
    """Its generation is the next."""
    made = quick.subscribe().body
    rotated = quick.post(f"{ALL}/{made['id']}/rotate")

    secret = signing.secret_text(signing.secret_of(MASTER, ORGANIZATION, made["id"], 2))
    assert (rotated.status, rotated.body["secret"]) == (200, secret)
    assert (rotated.body["generation"], made["generation"]) == (2, 1)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"url": "https://127.0.0.1:8443/"}, ("url", "address")),
        ({"url": "https://169.254.169.254/latest"}, ("url", "address")),
        ({"url": "https://10.1.2.3:22/"}, ("url", "address")),
        ({"url": "https://localhost/"}, ("url", "address")),
        ({"url": "file:///etc/passwd"}, ("url", "address")),
        ({"types": ["receipt"]}, ("types[0]", "type")),
        ({"lanes": 9}, ("lanes", "range")),
        ({"format": "xml"}, ("format", "choice")),
        ({"certificate": "../noi"}, ("certificate", "pattern")),
        ({"certificate": "altro"}, ("certificate", "unknown")),
        ({"authority": "altra"}, ("authority", "unknown")),
        ({"secret": "mio"}, ("secret", "unknown-field")),
    ],
)
def test_unusable_subscription_is_400(
    quick: Subscriber, fields: dict[str, Any], error: tuple[str, str]
):
    """An address of our own network, and a file's path, are no fields of a receiver."""
    refused = quick.subscribe(**fields)

    assert (refused.status, refused.errors) == (400, {error})
    one = f"{ALL}/{quick.subscribe().body['id']}"
    assert quick.put(one, {**FIELDS, **fields}).errors == {error}


def test_eleventh_subscription_is_refused(quick: Subscriber):
    """Each is a stream of requests of its own."""
    assert {quick.subscribe().status for _ in range(10)} == {201}
    assert quick.subscribe().title == "Too many subscriptions"


def test_installation_without_secret_has_no_subscriptions(quick_store: Store):
    """The operator must set one."""
    refused = Subscriber(quick_store, Options()).subscribe()

    assert (refused.status, refused.title) == (409, "No webhooks")


def test_subscriptions_are_of_the_key_s_organizations(quick: Subscriber):
    """A reader changes nothing."""
    others = f"/organizations/{OTHER}/subscriptions"
    reader = quick.key(Role.READER, ORGANIZATION)
    name = quick.subscribe().body["id"]

    assert quick.post(others, FIELDS).status == 403
    assert quick.get(f"{others}/{name}").status == 403
    admin = quick.key(Role.ADMIN)
    assert quick.get(f"{others}/{name}", key=admin).status == 404
    assert quick.get(f"{ALL}/{name}", key=reader).status == 200
    assert quick.post(f"{ALL}/{name}/pause", key=reader).status == 403
    assert quick.post(ALL, FIELDS, key=reader).status == 403


def test_test_is_an_event_and_replay_counts(quick: Subscriber):
    """The event is in the feed too."""
    one = f"{ALL}/{quick.subscribe().body['id']}"

    assert quick.post(f"{one}/test").status == 204
    events = quick.get(f"/organizations/{ORGANIZATION}/events").body["items"]
    assert [each["type"] for each in events] == ["subscription.test"]
    assert quick.post(f"{one}/replay", {"from": 1, "to": 5}).body == {"events": 0}
    assert quick.post(f"{one}/replay", {"dead": True}).body == {"events": 0}
    assert quick.get(f"{one}/parked").body["parked"] == []
    assert quick.request("DELETE", f"{one}/parked/7").title == "Not found the parked event"


@pytest.mark.parametrize(
    "content",
    [{}, {"from": 1}, {"from": 5, "to": 1}, {"from": 1, "to": 10_001}, {"dead": True, "from": 1}],
)
def test_replay_of_no_range_is_400(quick: Subscriber, content: dict[str, Any]):
    """Either a range of at most ten thousand events, or the dead ones."""
    one = f"{ALL}/{quick.subscribe().body['id']}"

    assert quick.post(f"{one}/replay", content).status == 400


def test_public_key_is_listed_for_every_key(quick_store: Store):
    """It is that of the installation; without one, the list is empty."""
    signing_key = SigningKey(Ed25519PrivateKey.generate())
    with_key = Subscriber(quick_store, OPTIONS._replace(key=signing_key))
    without = Subscriber(quick_store)
    reader = with_key.key(Role.READER, OTHER)

    listed = with_key.get("/webhook-keys", key=reader)
    assert (listed.status, listed.body) == (
        200, {"keys": [{"algorithm": "ed25519", "key": signing_key.public}]}
    )  # fmt: skip
    assert without.get("/webhook-keys").body == {"keys": []}
    assert without.get("/webhook-keys", key="").status == 401
