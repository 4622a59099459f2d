"""Client certificates that a proxy forwards: which are accepted, and which name is read."""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

import pytest

from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.client_certificates import TrustedCallers, common_name
from gpd_soap.wsgi.http import Environ, StartResponse, answer
from gpd_soap.wsgi.refused_callers import RefusedCallers
from tests.calling import call

PROXIES = [ip_network("10.0.0.0/24"), ip_network("fd00::/64")]
FORWARDER = "forwarder.example"
GOOD: dict[str, Any] = {
    "REMOTE_ADDR": "10.0.0.7",
    "HTTP_X_SSL_CLIENT_VERIFY": "SUCCESS",
    "HTTP_X_SSL_CLIENT_S_DN": f"CN={FORWARDER},O=Esempio,C=IT",
}


def echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the name of the caller."""
    return answer(start_response, "200 OK", environ.get("REMOTE_USER", "nobody").encode())


def request(path: str = "/partner", names: tuple[str, ...] = (FORWARDER,), **changes: Any) -> Any:
    """Return the answer of a face behind proxies to a good request with these changes."""
    face = TrustedCallers(echo, names, PROXIES, RefusedCallers())
    return call(face, "GET", path, **{**GOOD, **changes})


def test_certificate_forwarded_by_a_proxy_is_accepted() -> None:
    """The name of the certificate becomes the name of the caller."""
    assert (request().status, request().body) == (200, FORWARDER.encode())
    assert request(REMOTE_ADDR="fd00::1").status == 200
    assert request(names=(), HTTP_X_SSL_CLIENT_S_DN="CN=anyone").status == 200


def test_certificate_forwarded_over_a_unix_socket_is_accepted() -> None:
    """The proxy has no address there; a caller with one did not come over the socket."""
    face = TrustedCallers(echo, (FORWARDER,), PROXIES, RefusedCallers(), on_socket=True)
    by_socket = {**GOOD, "REMOTE_ADDR": ""}

    assert call(face, "GET", "/partner", **by_socket).status == 200
    assert call(face, "GET", "/partner", **GOOD).status == 403
    for changes in ({"HTTP_X_SSL_CLIENT_VERIFY": "NONE"}, {"HTTP_X_SSL_CLIENT_S_DN": "CN=other"}):
        assert call(face, "GET", "/partner", **{**by_socket, **changes}).status == 403


@pytest.mark.parametrize(
    "changes",
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
def test_caller_without_an_accepted_certificate_is_403(changes: dict[str, Any]) -> None:
    """Other addresses, failed verifications and other names are refused, in every spelling."""
    assert request(**changes).status == 403


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"REMOTE_ADDR": "10.0.1.7"}, "proxy", "10.0.1.7"),
        ({"HTTP_X_SSL_CLIENT_VERIFY": "NONE"}, "unverified", ""),
        ({"HTTP_X_SSL_CLIENT_S_DN": "CN=renewed.example,O=Esempio"}, "name", "renewed.example"),
        ({"HTTP_X_SSL_CLIENT_S_DN": "O=Esempio"}, "name", ""),
    ],
)
def test_refused_caller_is_counted_and_logged(
    changes: dict[str, Any], reason: str, detail: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A caller whose certificate was replaced is silent otherwise."""
    counted: list[str] = []
    face = TrustedCallers(echo, (FORWARDER,), PROXIES, RefusedCallers(counted.append))
    call(face, "GET", "/partner", **{**GOOD, **changes})
    call(face, "GET", "/health/live", **{**GOOD, **changes})
    call(face, "GET", "/partner", **GOOD)

    [record] = caplog.records
    assert counted == [reason]
    assert vars(record)["fields"] == {"reason": reason, "detail": detail}


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_check_without_a_certificate_is_answered(path: str) -> None:
    """Health checks come from machines without a certificate."""
    assert request(path, REMOTE_ADDR="192.0.2.1").status == 200


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
def test_common_name_of_a_subject_is_read_if_there_is_exactly_one(
    subject: str, name: str | None
) -> None:
    """The form is RFC 2253's, and an ambiguous subject has no name."""
    assert common_name(subject) == name


@pytest.mark.parametrize(
    ("environ", "problem"),
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
def test_incomplete_tls_settings_are_refused(environ: dict[str, str], problem: str) -> None:
    """A face that looks protected and is not must not start."""
    with pytest.raises(SettingsError, match=problem):
        Settings.load(environ)
