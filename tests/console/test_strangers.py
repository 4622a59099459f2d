"""Who tries to get in: the brakes behind a proxy, and what a page says to whom."""

from werkzeug.test import Client, TestResponse

from gpd_soap.usecases.people.delays import RULES, Kind
from gpd_soap.wsgi.forwarded import ThroughProxies
from tests.console.bed import OURS, Console

PROXY, STRANGER, CLERK = "10.0.0.7", "198.51.100.4", "192.0.2.1"


def test_stranger_behind_the_proxy_makes_nobody_else_wait(console: Console):
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
