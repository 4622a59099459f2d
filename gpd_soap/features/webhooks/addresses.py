"""Decides whether events may be sent to an address: its form, and where its name leads.

A receiver's URL comes from outside.  Without this rule it could make us call our own network.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import NamedTuple
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]
#: Returns the addresses of a name; raises OSError if there are none.
Resolve = Callable[[str, int], Sequence[str]]

#: LIMIT: 2,000 characters, as the column of the URL.
LONGEST_URL = 2000
HTTPS_PORT = 443
#: Names that public name servers do not serve.
PRIVATE_SUFFIXES = (".local", ".internal", ".localhost", ".localdomain", ".home.arpa")
#: Networks that Python calls global, at least in some version that we run on.
#: SPEC: IANA's registries of special-purpose addresses.
REFUSED = tuple(
    map(
        ipaddress.ip_network,
        ("192.88.99.0/24", "192.0.0.0/24", "64:ff9b:1::/48", "2001::/32", "fec0::/10"),
    )
)
#: Networks of IPv6 addresses that hold an IPv4 address in their last 32 bits.
EMBEDDING = tuple(map(ipaddress.ip_network, ("::ffff:0:0/96", "::/96", "64:ff9b::/96")))
_LABEL = re.compile(r"[A-Za-z0-9-]{1,63}")
SIX_TO_FOUR = ipaddress.ip_network("2002::/16")


class Refused(Exception):
    """The address is not one to send events to; its text says why."""


class Rule(NamedTuple):
    """What the operator allows: networks although they are private, and ports beside 443."""

    networks: Networks = ()
    ports: Collection[int] = ()


class Target(NamedTuple):
    """A URL in its parts; `path` has the query."""

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (HTTPS_PORT if self.is_tls else 80) else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: what is one receiver for the pauses after a failure."""
        return f"{'https' if self.is_tls else 'http'}://{self.host}:{self.port}"


def parse(url: str, rule: Rule) -> Target:
    """Returns the parts of a URL.  Raises Refused unless it has the form of a receiver's."""
    if len(url) > LONGEST_URL or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
        raise Refused(f"expected at most {LONGEST_URL} characters of ASCII without blanks")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        raise Refused("expected https://HOST/PATH") from None
    is_tls = parts.scheme == "https"
    if not host or parts.scheme not in ("https", "http") or not (is_tls or rule.networks):
        raise Refused("expected https://HOST/PATH")
    if "@" in parts.netloc or parts.fragment or "\\" in url:
        raise Refused("expected no user, password or fragment")
    port = port if port is not None else (HTTPS_PORT if is_tls else 80)
    if port != HTTPS_PORT and port not in rule.ports:
        raise Refused(f"expected port {HTTPS_PORT}, or one that the operator allows")
    _check_name(host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(is_tls, host, port, path)


def _check_name(host: str) -> None:
    if _literal(host) is not None:
        return
    labels = host.split(".")
    if (
        "." not in host
        or host.endswith(PRIVATE_SUFFIXES)
        or (labels[-1].isascii() and labels[-1].isdigit())
    ):
        raise Refused("expected a public host name")
    if not all(_LABEL.fullmatch(each) for each in labels):
        raise Refused("expected a host name of letters, digits and hyphens")


def checked_addresses(target: Target, rule: Rule, resolve: Resolve) -> list[str]:
    """Returns the addresses of the host, if every one of them may be called.

    Raises Refused if one may not, and OSError if the name has none.
    """
    literal = _literal(target.host)
    texts = [str(literal)] if literal else list(resolve(target.host, target.port))
    if not texts:
        raise OSError("the name has no address")
    for text in texts:
        _check(ipaddress.ip_address(text), target, rule)
    return texts


def _check(address: Address, target: Target, rule: Rule) -> None:
    inner = unwrapped(address)
    if any(each in network for each in (address, inner) for network in rule.networks):
        return
    if not target.is_tls:
        raise Refused("http is for networks that the operator allows")
    if not may_be_called(address):
        raise Refused("the host leads to an address that is not public")


def may_be_called(address: Address) -> bool:
    """Returns whether an address is a public one of a single machine."""
    inner = unwrapped(address)
    if any(each in network for each in (address, inner) for network in REFUSED):
        return False
    special = inner.is_multicast or inner.is_reserved or inner.is_unspecified or inner.is_loopback
    return inner.is_global and not special and not inner.is_link_local


def unwrapped(address: Address) -> Address:
    """Returns the IPv4 address inside an IPv6 address, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in EMBEDDING):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in SIX_TO_FOUR:
        return IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    return address


def _literal(host: str) -> Address | None:
    try:
        # WHY: a zone names an interface of this machine.
        return None if "%" in host else ipaddress.ip_address(host)
    except ValueError:
        return None
