"""Who tries to get in: the brakes behind a proxy, and what a page says to whom."""

import pytest
from werkzeug.test import Client, TestResponse

from gpd_soap.console.guard import MOST_FIELDS, MOST_REQUESTS
from gpd_soap.console.rendering import asset_address
from gpd_soap.usecases.people.delays import RULES, Kind
from gpd_soap.wsgi import rate_limit
from gpd_soap.wsgi.forwarded import ThroughProxies
from gpd_soap.wsgi.rate_limit import SECONDS
from tests.console.harness import OURS, Console
from tests.usecases.people.people import NOW

PROXY, STRANGER, CLERK = "10.0.0.7", "198.51.100.4", "192.0.2.1"


def test_failures_of_one_caller_behind_the_proxy_delay_no_other(console: Console):
    """Wrong passwords count by the address that the proxy names, and by no forged one."""
    proxies = console.parts.settings.model_validate({"admin_proxies": PROXY}).admin_proxies
    client = Client(ThroughProxies(console.wsgi, proxies))

    def attempt(number: int, forwarded: str, address: str = PROXY) -> TestResponse:
        # WHY: another name each time, so that the brake of the account is not the one that counts.
        return client.post(
            "/console/sign-in",
            data={"name": f"Nessuna {forwarded} {number}", "password": "x" * 12},
            headers={"X-Forwarded-For": forwarded},
            environ_base={**OURS, "REMOTE_ADDR": address},
        )

    free = RULES[Kind.ADDRESS].free
    assert {attempt(number, STRANGER).status_code for number in range(free)} == {422}
    assert attempt(free, STRANGER).status_code == 429
    assert attempt(0, f"192.0.2.9, {STRANGER}").status_code == 429
    assert attempt(0, CLERK).status_code == 422
    forged = [attempt(1, f"192.0.2.{n}", "203.0.113.5").status_code for n in range(free + 1)]
    assert forged == [422] * free + [429]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "passkey/begin"),
        ("GET", "oidc/begin"),
        ("GET", "sign-in"),
        ("GET", "demo/x"),
        ("POST", "step-up"),
    ],
)
def test_address_without_a_session_is_slowed_down(method: str, path: str, console: Console):
    """Pages that anybody may open begin ceremonies, each of which is a row for ten minutes."""
    limited = Console(console.store, rate=1000)
    client = limited.client()

    def status(address: str = STRANGER) -> int:
        base = {**OURS, "REMOTE_ADDR": address}
        return client.open(f"/console/{path}", method=method, environ_base=base).status_code

    statuses = [status() for _ in range(MOST_REQUESTS)]
    assert 429 not in statuses
    assert (status(), status(CLERK)) == (429, statuses[0])
    asset = client.get(asset_of(limited), environ_base={"REMOTE_ADDR": STRANGER})
    assert asset.status_code == 200
    limited.later(seconds=SECONDS)
    assert status() == statuses[0]


@pytest.mark.parametrize("path", ["sign-in", "step-up", "77777777777/worklist/-/many"])
def test_form_of_many_fields_is_refused_before_it_is_read(path: str, console: Console):
    """No page of ours has so many fields."""
    client = console.client()

    def status(fields: int) -> int:
        data = "&".join(["a=1"] * fields)
        kind = "application/x-www-form-urlencoded"
        return client.post(f"/console/{path}", data=data, content_type=kind).status_code

    assert status(MOST_FIELDS) != 413
    assert status(MOST_FIELDS + 1) == 413


def asset_of(console: Console) -> str:
    """Return the address of a style sheet."""
    with console.app.test_request_context():
        return str(asset_address("console.css"))


def test_buckets_of_many_addresses_are_bounded(monkeypatch: pytest.MonkeyPatch):
    """The one that was used least lately is forgotten."""
    monkeypatch.setattr(rate_limit, "MOST_BUCKETS", 2)
    limit = rate_limit.RateLimit(1)

    assert [limit.wait(each, NOW) > 0 for each in ("a", "b", "a", "c")] == [
        False,
        False,
        True,
        False,
    ]
    assert limit.wait("a", NOW) > 0
    assert limit.wait("b", NOW) == 0
