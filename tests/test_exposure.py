"""The exposed faces, for every form of an address."""

from typing import Any

import pytest

from gpd_soap.features.check.exposed import of_settings
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.exposure import (
    allowed_exposures,
    exposures,
    facts,
    is_loopback,
    unreachable_address,
)

EVERYWHERE: dict[str, Any] = {"node_bind": "0.0.0.0:8080", "admin_bind": "0.0.0.0:8081"}
TLS = {"node_tls_certificate": "server.pem", "node_tls_authorities": "authorities.pem"}


def settings(**given: Any) -> Settings:
    """Return settings with these fields."""
    return Settings.model_validate(given)


def exposed(served: str = "all", **given: Any) -> list[str]:
    """Return the faces that are exposed by these settings."""
    return [each.face for each in exposures(settings(**given), served)]


@pytest.mark.parametrize(
    "bind",
    [
        "127.0.0.1:80",
        "127.9.8.7:80",
        "localhost:80",
        "LOCALHOST:80",
        "[::1]:80",
        "[0:0:0:0:0:0:0:1]:80",
        "[::ffff:127.0.0.1]:80",
        "unix:/run/gpd-soap/node.sock",
        "unix:0.0.0.0:80",
    ],
)
def test_address_of_this_machine_alone_is_loopback(bind: str):
    """Only this machine can connect to such an address."""
    assert is_loopback(bind)


@pytest.mark.parametrize(
    "bind",
    [
        ":80",
        "*:80",
        "0.0.0.0:80",
        "[::]:80",
        ":::80",
        "[::ffff:0.0.0.0]:80",
        "192.168.1.2:80",
        "10.0.0.7:80",
        "[fe80::1]:80",
        "[fc00::1]:80",
        "ec.example:80",
        "localhost.ec.example:80",
        "127.0.0.1.ec.example:80",
        "127.0.0.1,0.0.0.0:80",
    ],
)
def test_other_address_is_not_loopback(bind: str):
    """Names, private networks and the unspecified address are reachable from other machines."""
    assert not is_loopback(bind)


def test_default_settings_expose_no_face():
    """There is no exposure, no line of health, no warning and no finding."""
    assert exposed() == []
    assert facts(Settings()) == []
    assert allowed_exposures(Settings(), "all") == []
    assert [*of_settings(Settings())] == []


@pytest.mark.parametrize(
    ("given", "faces"),
    [
        ({}, ["node", "admin"]),
        (TLS, ["admin"]),
        ({"node_proxies": "10.0.0.7"}, ["admin"]),
        ({"node_proxies": "10.0.0.0/8,fc00::/7"}, ["admin"]),
        ({"node_proxies": "0.0.0.0/0"}, ["node", "admin"]),
        ({"node_proxies": "10.0.0.7,0.0.0.0/1"}, ["node", "admin"]),
        ({"node_proxies": "10.0.0.7,::/0"}, ["node", "admin"]),
        ({"node_bind": "127.0.0.1:80"}, ["admin"]),
        ({"admin_bind": "unix:/run/gpd-soap/admin.sock"}, ["node"]),
    ],
)
def test_face_without_protection_is_exposed(given: dict[str, str], faces: list[str]):
    """TLS or proxies protect the node face, and a network of everybody is no proxy."""
    assert exposed(**{**EVERYWHERE, **given}) == faces


def test_face_that_is_not_served_is_not_exposed():
    """The bind of a face that is not served does not matter."""
    assert exposed("node", **EVERYWHERE) == ["node"]
    assert exposed("admin", **EVERYWHERE) == ["admin"]


@pytest.mark.parametrize(
    ("face", "remedies"),
    [
        ("node", ["GPD_NODE_TLS_CERTIFICATE", "GPD_NODE_PROXIES", "GPD_NODE_OPEN=true"]),
        ("admin", ["proxy", "GPD_ADMIN_OPEN=true"]),
    ],
)
def test_exposed_face_is_refused_in_one_line_with_the_remedy(face: str, remedies: list[str]):
    """The line names the settings and does not repeat the address, which may be a secret."""
    with pytest.raises(SettingsError) as refused:
        allowed_exposures(settings(**EVERYWHERE), face)

    line = str(refused.value)
    assert line.startswith(f"GPD_{face.upper()}_BIND: ")
    assert "\n" not in line
    assert EVERYWHERE[f"{face}_bind"] not in line
    assert all(remedy in line for remedy in ["127.0.0.1", *remedies])


def test_exposed_face_that_a_setting_allows_is_reported():
    """The log, health and the findings of check name it."""
    allowed = settings(**EVERYWHERE, node_open="true", admin_open="true")

    lines = allowed_exposures(allowed, "all")
    assert [line.partition(" is open")[0] for line in lines] == ["the node face", "the admin face"]
    assert [(name, holds) for name, holds, _ in facts(allowed)] == [
        ("node face", True),
        ("admin face", True),
    ]
    findings = [*of_settings(allowed)]
    assert [(each.severity, each.rule) for each in findings] == [
        ("WARNING", "node-open"),
        ("WARNING", "admin-open"),
    ]
    assert "mark a notice paid" in findings[0].what


def test_setting_of_one_face_does_not_open_the_other():
    """The face without the setting is refused."""
    with pytest.raises(SettingsError, match="GPD_ADMIN_BIND"):
        allowed_exposures(settings(**EVERYWHERE, node_open=True), "all")
    with pytest.raises(SettingsError, match="GPD_NODE_BIND"):
        allowed_exposures(settings(**EVERYWHERE, admin_open=True), "all")


def test_check_reports_an_error_where_serve_refuses():
    """The finding is an error, because the face would not start."""
    assert [(each.severity, each.rule) for each in of_settings(settings(**EVERYWHERE))] == [
        ("ERROR", "node-open"),
        ("ERROR", "admin-open"),
    ]


BEHIND = {"node_proxies": "10.0.0.7", "public_url": "https://ec.example/partner"}


def test_check_warns_of_proxies_without_a_public_url():
    """A caller cannot reach the address behind the proxy that the WSDL would publish."""
    [finding] = of_settings(settings(node_proxies="10.0.0.7", node_callers="forwarder.example"))

    assert (finding.severity, finding.rule) == ("WARNING", "public-url")
    assert [*of_settings(settings(**BEHIND, node_callers="forwarder.example"))] == []


def test_check_warns_of_an_admin_face_whose_proxy_has_no_name():
    """Everybody behind it would be counted as one caller."""
    [finding] = of_settings(settings(console_url="https://console.ec.example"))

    assert (finding.severity, finding.rule) == ("WARNING", "admin-proxies")
    named = settings(console_url="https://console.ec.example", admin_proxies="127.0.0.1")
    assert [*of_settings(named)] == []


@pytest.mark.parametrize("given", [TLS, BEHIND])
def test_check_warns_of_tls_without_names_of_callers(given: dict[str, str]):
    """An authority may sign the certificates of others too."""
    [finding] = of_settings(settings(**given))

    assert (finding.severity, finding.rule) == ("WARNING", "node-callers")
    assert [*of_settings(settings(**given, node_callers="forwarder.example"))] == []


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"node_proxies": "127.0.0.1"}, 1),
        ({"node_proxies": "127.0.0.1", "node_bind": "unix:/run/node"}, 1),
        ({**TLS, "node_bind": "0.0.0.0:8443"}, 1),
        ({**TLS, "node_bind": "[::]:8443"}, 1),
        ({**TLS, "node_bind": "10.0.0.7:8443"}, 0),
        ({"node_proxies": "127.0.0.1", "public_url": "https://ec.example/partner"}, 0),
        (TLS, 0),
        ({}, 0),
    ],
)
def test_address_that_nobody_else_can_call_is_named(given: dict[str, Any], number: int):
    """Behind a proxy, a client that reads ?wsdl would call its own machine."""
    lines = unreachable_address(settings(**given), "all")

    assert len(lines) == number
    for line in lines:
        assert settings(**given).address in line
        assert "GPD_PUBLIC_URL" in line
    assert unreachable_address(settings(**given), "admin") == []
