"""Which faces are exposed, by every way of writing an address."""

from typing import Any

import pytest

from gpd_soap.features.check.exposed import of_settings
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.exposure import allowed_exposures, exposures, facts, is_loopback

EVERYWHERE: dict[str, Any] = {"node_bind": "0.0.0.0:8080", "admin_bind": "0.0.0.0:8081"}
TLS = {"node_tls_certificate": "server.pem", "node_tls_authorities": "authorities.pem"}


def settings(**given: Any) -> Settings:
    """Settings as they would be read."""
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
    """Nobody on another machine can connect to it."""
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
def test_any_other_address_is_not(bind: str):
    """A name, a private network and every address are for other machines too."""
    assert not is_loopback(bind)


def test_nothing_is_exposed_by_default():
    """Neither face, and there is nothing to tell."""
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
    """TLS or proxies protect the node face; a proxy that everybody is protects nobody."""
    assert exposed(**{**EVERYWHERE, **given}) == faces


def test_face_that_is_not_served_is_not_exposed():
    """A bind that nobody uses is no reason to refuse."""
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
    """An operator reads what to set, and the address that may be a secret is not repeated."""
    with pytest.raises(SettingsError) as refused:
        allowed_exposures(settings(**EVERYWHERE), face)

    line = str(refused.value)
    assert line.startswith(f"GPD_{face.upper()}_BIND: ")
    assert "\n" not in line
    assert EVERYWHERE[f"{face}_bind"] not in line
    assert all(remedy in line for remedy in ["127.0.0.1", *remedies])


def test_exposed_face_that_a_setting_allows_is_told_everywhere():
    """In the log, in health without being a failure, and as a finding."""
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


def test_one_setting_opens_one_face():
    """What is said of one face is not said of the other."""
    with pytest.raises(SettingsError, match="GPD_ADMIN_BIND"):
        allowed_exposures(settings(**EVERYWHERE, node_open=True), "all")
    with pytest.raises(SettingsError, match="GPD_NODE_BIND"):
        allowed_exposures(settings(**EVERYWHERE, admin_open=True), "all")


def test_check_tells_what_serve_will_refuse():
    """An error, because nobody would be answered."""
    assert [(each.severity, each.rule) for each in of_settings(settings(**EVERYWHERE))] == [
        ("ERROR", "node-open"),
        ("ERROR", "admin-open"),
    ]


BEHIND = {"node_proxies": "10.0.0.7", "public_url": "https://ec.example/partner"}


def test_check_warns_where_proxies_hide_the_address_that_wsdl_tells():
    """A caller cannot reach an address of the machine behind."""
    [finding] = of_settings(settings(node_proxies="10.0.0.7", node_callers="forwarder.example"))

    assert (finding.severity, finding.rule) == ("WARNING", "public-url")
    assert [*of_settings(settings(**BEHIND, node_callers="forwarder.example"))] == []


@pytest.mark.parametrize("given", [TLS, BEHIND])
def test_check_warns_where_any_certificate_will_do(given: dict[str, str]):
    """An authority may sign others' certificates too."""
    [finding] = of_settings(settings(**given))

    assert (finding.severity, finding.rule) == ("WARNING", "node-callers")
    assert [*of_settings(settings(**given, node_callers="forwarder.example"))] == []
