"""The address of a caller behind our proxies: read from the end of the header, and no further."""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

import pytest

from gpd_soap.server.gunicorn import Program, Server
from gpd_soap.server.processes import name_of_bind
from gpd_soap.settings import Settings, SettingsError
from gpd_soap.wsgi.forwarded import ThroughProxies, caller_of
from gpd_soap.wsgi.http import Environ, StartResponse, answer, caller
from tests.calling import call

PROXIES = [ip_network("10.0.0.0/24"), ip_network("fd00::/64")]
PROXY, PERSON = "10.0.0.7", "198.51.100.4"


def echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the address of the caller."""
    return answer(start_response, "200 OK", caller(environ).encode())


def seen(header: str | None, address: str = PROXY, **options: Any) -> str:
    """Return the address that a face behind these proxies sees."""
    face = ThroughProxies(echo, options.pop("proxies", PROXIES), **options)
    headers: dict[str, Any] = {} if header is None else {"HTTP_X_FORWARDED_FOR": header}
    return call(face, "GET", "/", REMOTE_ADDR=address, **headers).body.decode()


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (PERSON, PERSON),
        (f"192.0.2.1, {PERSON}", PERSON),
        (f"192.0.2.1,{PERSON},10.0.0.9", PERSON),
        (f"unknown, {PERSON}", PERSON),
        (f"{PERSON}:51820", PERSON),
        (f"::ffff:{PERSON}", PERSON),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("10.0.0.8", "10.0.0.8"),
        ("unknown", PROXY),
        (f"{PERSON}, ", PROXY),
        (f"{PERSON}, <script>", PROXY),
        ("999.1.1.1", PROXY),
        ("1" * 8000, PROXY),
        (None, PROXY),
    ],
)
def test_caller_is_the_last_address_that_is_no_proxy(header: str | None, address: str) -> None:
    """Addresses before it may be forged, and a text that is no address names nobody."""
    assert seen(header) == address


@pytest.mark.parametrize("address", [PERSON, "10.0.1.7", "127.0.0.1", "::1"])
def test_header_of_anybody_else_is_not_read(address: str) -> None:
    """A caller that is no proxy cannot choose by whose address it is counted."""
    assert seen("192.0.2.1", address) == address
    assert seen(f"192.0.2.1, {PROXY}", address) == address


def test_header_is_not_read_without_proxies() -> None:
    """The setting is empty at first."""
    assert seen("192.0.2.1", proxies=[]) == PROXY
    assert seen("192.0.2.1", "", proxies=[], on_socket=True) == "-"


def test_callers_of_a_unix_socket_are_proxies_if_there_are_any() -> None:
    """They have no address there; one without a header stays without."""
    assert seen(f"192.0.2.1, {PERSON}", "", on_socket=True) == PERSON
    assert seen(f"{PERSON}, {PROXY}", "", on_socket=True) == PERSON
    assert seen(PERSON, "") == "-"


def test_proxies_in_a_row_are_bounded() -> None:
    """A header of thousands of addresses costs no more than one of ten."""
    assert caller_of(PROXY, ",".join([PERSON, *["10.0.0.9"] * 2000]), PROXIES) == "10.0.0.9"


@pytest.mark.parametrize("wide", ["0.0.0.0/0", "::/0", "10.0.0.7,8.0.0.0/7"])
def test_networks_of_other_people_are_no_proxies(wide: str) -> None:
    """Everybody in them could choose an address."""
    with pytest.raises(SettingsError, match="GPD_ADMIN_PROXIES"):
        Settings.load({"GPD_ADMIN_PROXIES": wide})
    Settings.load({"GPD_ADMIN_PROXIES": "127.0.0.1,10.0.0.0/8,fc00::/7"})


def test_each_listener_has_its_own_proxies() -> None:
    """Connections of the proxies of one face have no bound there, and have one at the other."""
    settings = Settings.model_validate(
        {"node_proxies": "10.0.0.1", "admin_proxies": "10.0.0.2", "work": False}
    )
    faces = {settings.node_bind: echo, settings.admin_bind: echo}
    server = Server(lambda: Program(settings, faces, lambda: None))

    assert [*server.proxies(name_of_bind(settings.node_bind))] == [ip_network("10.0.0.1")]
    assert [*server.proxies(name_of_bind(settings.admin_bind))] == [ip_network("10.0.0.2")]
