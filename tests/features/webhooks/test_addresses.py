"""Addresses that events may be sent to."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest

from gpd_soap.features.webhooks import addresses
from gpd_soap.features.webhooks.addresses import Refused, Rule, Target

PRIVATE = Rule((ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8")), (8443, 8080))


@pytest.mark.parametrize(
    "text",
    """0.0.0.0 10.1.2.3 127.0.0.1 169.254.169.254 172.16.0.1 192.168.0.1 100.64.0.1 192.0.0.8
       192.0.0.170 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1 239.1.1.1
       240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
       64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 2002:7f00:1:: 2002:a00:1:: 2001::1 2001:db8::1
       fc00::1 fd12::1 fe80::1 fec0::1 ff02::1 ff0e::1 100::1""".split(),
)
def test_address_of_a_special_purpose_is_refused(text: str):
    """An address inside another is judged too."""
    assert not addresses.may_be_called(ip_address(text))


@pytest.mark.parametrize(
    "text",
    """1.1.1.1 8.8.8.8 93.184.216.34 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::
       2606:4700:4700::1111""".split(),
)
def test_public_address_may_be_called(text: str):
    """A public IPv4 address stays public inside an IPv6 address."""
    assert addresses.may_be_called(ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "http://ente.example.it/eventi",
        "ftp://ente.example.it/eventi",
        "ente.example.it/eventi",
        "https:///eventi",
        "https://utente@ente.example.it/",
        "https://utente:parola@ente.example.it/",
        "https://ente.example.it:8443/",
        "https://ente.example.it:99999/",
        "https://ente.example.it/#parte",
        "https://ente/",
        "https://localhost/",
        "https://ente.local/",
        "https://ente.internal./",
        "https://ente..it/",
        "https://ente.example.it\\@altro.it/",
        "https://ente.example.it/a b",
        "https://ente.example.it/\r\nX: y",
        "https://ènte.example.it/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[fe80::1%25eth0]/",
        "https://ente.example.it/" + "a" * 2000,
    ],
)
def test_url_of_another_form_is_refused(url: str):
    """Nothing of it is resolved or called."""
    with pytest.raises(Refused):
        addresses.parse(url, Rule())


def test_url_is_taken_as_it_is():
    """Its path and query are kept."""
    target = addresses.parse("https://Ente.Example.it/a/b?c=d&e", Rule())

    assert target == Target(True, "ente.example.it", 443, "/a/b?c=d&e")
    assert (target.authority, target.origin) == ("ente.example.it", "https://ente.example.it:443")


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://ente.example.it:8443/x", "ente.example.it:8443"),
        ("http://10.0.0.7:8080/x", "10.0.0.7:8080"),
        ("https://[2606:4700:4700::1111]/", "[2606:4700:4700::1111]"),
    ],
)
def test_operator_allows_ports_and_http(url: str, authority: str):
    """A back office is mostly in a private network."""
    assert addresses.parse(url, PRIVATE).authority == authority


def check(url: str, rule: Rule, *answers: str) -> list[str]:
    """Returns the addresses to connect to, where the name has these."""

    def resolve(_host: str, _port: int) -> Sequence[str]:
        return answers

    return addresses.checked_addresses(addresses.parse(url, rule), rule, resolve)


def test_one_private_address_among_public_ones_is_refused():
    """Otherwise the order of a name server's answer would decide."""
    with pytest.raises(Refused):
        check("https://ente.example.it/", Rule(), "8.8.8.8", "10.0.0.1")

    assert check("https://ente.example.it/", Rule(), "8.8.8.8", "1.1.1.1") == ["8.8.8.8", "1.1.1.1"]


def test_allowed_network_is_called():
    """Others stay refused, and http is for the allowed ones alone."""
    assert check("https://ente.example.it/", PRIVATE, "10.0.0.1") == ["10.0.0.1"]
    with pytest.raises(Refused):
        check("https://ente.example.it/", PRIVATE, "192.168.0.1")
    with pytest.raises(Refused):
        check("http://ente.example.it:8080/", PRIVATE, "8.8.8.8")


def test_literal_address_is_not_resolved():
    """It is checked as it is."""
    with pytest.raises(Refused):
        check("https://169.254.169.254/", Rule(), "8.8.8.8")


def test_name_without_address_is_no_receiver():
    """It is a failure of the receiver, not of its form."""
    with pytest.raises(OSError, match="no address"):
        check("https://ente.example.it/", Rule())
