"""A proxy tells whose certificate it saw; who is believed, and what is read of it."""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

import pytest

from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.client_certificates import Trusted, common_name
from gpd_soap.wsgi.http import Environ, StartResponse, answer
from tests.calling import call

PROXIES = [ip_network("10.0.0.0/24"), ip_network("fd00::/64")]
FORWARDER = "forwarder.example"
GOOD: dict[str, Any] = {
    "REMOTE_ADDR": "10.0.0.7",
    "HTTP_X_SSL_CLIENT_VERIFY": "SUCCESS",
    "HTTP_X_SSL_CLIENT_S_DN": f"CN={FORWARDER},O=Esempio,C=IT",
}


def echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Say who asks."""
    return answer(start_response, "200 OK", environ.get("REMOTE_USER", "nobody").encode())


def asked(path: str = "/partner", names: tuple[str, ...] = (FORWARDER,), **told: Any) -> Any:
    """What comes back from a face behind proxies, to a good request but for what is told."""
    face = Trusted(echo, names, PROXIES)
    return call(face, "GET", path, **{**GOOD, **told})


def test_what_a_proxy_saw_is_believed() -> None:
    """And whoever keeps the journal learns the name."""
    assert (asked().status, asked().body) == (200, FORWARDER.encode())
    assert asked(REMOTE_ADDR="fd00::1").status == 200
    assert asked(names=(), HTTP_X_SSL_CLIENT_S_DN="CN=anyone").status == 200


@pytest.mark.parametrize(
    "told",
    [
        {"REMOTE_ADDR": "10.0.1.7"},
        {"REMOTE_ADDR": "127.0.0.1"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "10.0.1.7", "HTTP_X_FORWARDED_FOR": "10.0.0.7"},
        {"HTTP_X_SSL_CLIENT_VERIFY": "NONE"},
        {"HTTP_X_SSL_CLIENT_VERIFY": "FAILED:certificate has expired"},
        {"HTTP_X_SSL_CLIENT_VERIFY": "success"},
        {"HTTP_X_SSL_CLIENT_VERIFY": "SUCCESS,SUCCESS"},
        {"HTTP_X_SSL_CLIENT_S_DN": "CN=somebody,O=Esempio"},
        {"HTTP_X_SSL_CLIENT_S_DN": rf"CN=somebody,O=x\,CN={FORWARDER}"},
        {"HTTP_X_SSL_CLIENT_S_DN": f"CN=somebody,CN={FORWARDER}"},
        {"HTTP_X_SSL_CLIENT_S_DN": f"CN=somebody+CN={FORWARDER}"},
        {"HTTP_X_SSL_CLIENT_S_DN": ""},
    ],
)  # fmt: skip
def test_nobody_else_is_let_in(told: dict[str, Any]) -> None:
    """Not from another address, not unverified, not under another name, however it is written."""
    assert asked(**told).status == 403


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_anyones_to_ask(path: str) -> None:
    """Whoever keeps us running has no certificate."""
    assert asked(path, REMOTE_ADDR="192.0.2.1").status == 200


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        (f"CN={FORWARDER}", FORWARDER),
        (f"C=IT,O=Esempio S.p.A.,CN={FORWARDER}", FORWARDER),
        (f"C=IT, O=Esempio, CN={FORWARDER}", FORWARDER),
        (rf"O=fine\\,CN={FORWARDER}", FORWARDER),
        (rf"O=a\+CN\=x,CN={FORWARDER}", FORWARDER),
        (f"/C=IT/CN={FORWARDER}", None),
        ("O=Esempio", None),
        ("CN=a,CN=b", None),
        ("CN=a,,", None),
        ("nothing of the kind", None),
    ],
)
def test_a_subject_has_one_name_or_none(subject: str, name: str | None) -> None:
    """As RFC 2253 writes it; whatever could be read in two ways is not read."""
    assert common_name(subject) == name


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"GPD_NODE_TLS_CERTIFICATE": "a.pem"}, "go together"),
        ({"GPD_NODE_TLS_AUTHORITIES": "a.pem"}, "go together"),
        ({"GPD_NODE_CALLERS": "a"}, "needs node_tls_certificate or node_proxies"),
        ({"GPD_NODE_PROXIES": "10.0.0.0/33"}, "GPD_NODE_PROXIES"),
        (
            {
                "GPD_NODE_TLS_CERTIFICATE": "a.pem",
                "GPD_NODE_TLS_AUTHORITIES": "b.pem",
                "GPD_NODE_PROXIES": "10.0.0.0/24",
            },
            "exclude each other",
        ),
    ],
)
def test_half_of_a_trust_is_none(told: dict[str, str], said: str) -> None:
    """What looks protected and is not must not start."""
    with pytest.raises(SettingsError, match=said):
        Settings.load(told)
