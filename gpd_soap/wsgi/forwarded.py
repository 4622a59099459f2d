"""The address of a caller behind proxies of ours, as X-Forwarded-For names it.

Each proxy writes behind the header's text the address that it was called from.  So the header is
read from its end, and only as far as the addresses are those of our proxies.  A caller may have
written what stands before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from gpd_soap.wsgi.http import Environ, StartResponse, Wsgi

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

HEADER, CALLER = "HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"
#: LIMIT: proxies in a row that are looked at.
MOST_PROXIES = 10
#: An address, which some proxies write with a port: of IPv6 in brackets then.
_ENTRY = re.compile(
    r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15}))(?::[0-9]{1,5})?|([0-9A-Fa-f:.]+)"
)


class ThroughProxies:
    """Wraps a face, which then sees the callers of our proxies by their own addresses."""

    def __init__(self, face: Wsgi, proxies: Sequence[Network], *, on_socket: bool = False) -> None:
        """Without `proxies` no header is read.

        With `on_socket` the face listens on a Unix socket, whose callers have no address.
        """
        self._face, self._proxies, self._on_socket = face, tuple(proxies), on_socket

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Pass on a request with the address of its caller."""
        header = environ.get(HEADER)
        if header and self._proxies:
            address: str = environ.get(CALLER) or ""
            environ[CALLER] = caller_of(
                address, header, self._proxies, is_proxy=self._on_socket and not address
            )
        return self._face(environ, start_response)


def caller_of(
    address: str, header: str, proxies: Sequence[Network], *, is_proxy: bool = False
) -> str:
    """Return the last address that is no proxy's: of the connection, or before it in the header.

    `is_proxy` is whether the connection comes from a proxy, whatever its address.

    >>> from ipaddress import ip_network
    >>> caller_of("10.0.0.7", "192.0.2.1, 198.51.100.4", [ip_network("10.0.0.0/24")])
    '198.51.100.4'
    """
    entries = header.rsplit(",", MOST_PROXIES)[-MOST_PROXIES:]
    current = _address(address)
    while entries and (is_proxy or (current is not None and _is_in(current, proxies))):
        before = _address(entries.pop().strip())
        if before is None:
            # WHY: a proxy that writes something else names nobody, so that it is counted itself.
            break
        is_proxy, current = False, before
        address = str(current)
    return address


def _address(text: str) -> Address | None:
    """Return the address that a text is, without its port; None for any other text."""
    match = _ENTRY.fullmatch(text)
    if match is None:
        return None
    try:
        address = ip_address(match[1] or match[2] or match[3])
    except ValueError:
        return None
    # WHY: a socket of both families shows an address of IPv4 as one of IPv6.
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
