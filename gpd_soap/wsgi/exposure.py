"""Which faces other machines can reach in clear text, and whether a setting allows it.

WHY: anybody who reaches an open node face can mark a notice paid.  Anybody on the network of an
open admin face can read its keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from gpd_soap.settings import Settings, SettingsError
from gpd_soap.settings.proxies import are_narrow

#: Hosts of a bind that name every address of this machine.
EVERY_ADDRESS = ("", "0.0.0.0", "[::]")  # noqa: S104  # compared with a bind; nothing is bound here


class Exposure(NamedTuple):
    """A face that other machines reach in clear text; `allowed` is true if a setting permits it."""

    face: str
    allowed: bool
    risk: str
    remedy: str


def exposures(settings: Settings, served: str = "all") -> Iterator[Exposure]:
    """Yield each of the faces in `served` (node, admin or all) that is exposed."""
    if (
        served != "admin"
        and not is_loopback(settings.node_bind)
        and not (settings.node_tls_certificate or _has_narrow(settings.node_proxies))
    ):
        yield Exposure(
            "node",
            settings.node_open,
            "anybody who reaches it can mark a notice paid",
            "bind 127.0.0.1, set GPD_NODE_TLS_CERTIFICATE or GPD_NODE_PROXIES (the proxies' own"
            " addresses), or set GPD_NODE_OPEN=true",
        )
    if served != "node" and not is_loopback(settings.admin_bind):
        yield Exposure(
            "admin",
            settings.admin_open,
            "keys and personal data cross the network in clear text",
            "bind 127.0.0.1 behind a proxy that does TLS, or set GPD_ADMIN_OPEN=true",
        )


def allowed_exposures(settings: Settings, served: str) -> list[str]:
    """Return a line for each face that is open because a setting permits it.

    Raises SettingsError if a face in `served` is exposed and no setting permits it.
    """
    lines = []
    for each in exposures(settings, served):
        if not each.allowed:
            raise SettingsError(
                f"GPD_{each.face.upper()}_BIND: other machines can reach the {each.face} face in"
                f" clear text: {each.remedy}"
            )
        lines.append(f"the {each.face} face is open to other machines: {each.risk}")
    return lines


def console_address(settings: Settings) -> str:
    """Return the address at which operators reach the console, without a path."""
    if settings.console_url:
        return settings.console_url
    if settings.admin_bind.startswith("unix:"):
        return "http://localhost"
    host, _, port = settings.admin_bind.rpartition(":")
    return f"http://{'127.0.0.1' if host in EVERY_ADDRESS else host}:{port}"


def console_problem(settings: Settings) -> str:
    """Return why the console cannot be served, or an empty text.

    A browser would send passwords and sessions in clear text, and keeps no session without TLS.
    """
    if is_loopback(settings.admin_bind) or settings.console_url.startswith("https://"):
        return ""
    return (
        "other machines reach the admin face in clear text: bind 127.0.0.1, or put a proxy with TLS"
        " in front and set GPD_CONSOLE_URL to its address, such as https://console.ec.example"
    )


def unreachable_address(settings: Settings, served: str) -> list[str]:
    """Return a line if others call the node face in `served`, and ?wsdl has no address for them."""
    others_call = settings.node_proxies or not is_loopback(settings.node_bind)
    host = urlsplit(settings.address).hostname or ""
    if served == "admin" or not others_call or not is_loopback(f"{host}:0"):
        return []
    line = (
        f"?wsdl publishes {settings.address}, which other machines cannot call: set GPD_PUBLIC_URL"
        " to the address at which they call, such as https://ec.example/partner"
    )
    return [line]


def facts(settings: Settings, served: str = "all") -> list[tuple[str, bool, str]]:
    """Return (name, True, text) for each exposed face; health shows it, and it is no failure."""
    return [
        (f"{each.face} face", True, f"open to other machines in clear text: {each.risk}")
        for each in exposures(settings, served)
    ]


def is_loopback(bind: str) -> bool:
    """Return whether only this machine can connect to a listener bound to this address.

    >>> [is_loopback(bind) for bind in ("127.0.0.9:80", "[::1]:80", "localhost:80", "unix:/run/x")]
    [True, True, True, True]
    >>> [is_loopback(bind) for bind in (":80", "0.0.0.0:80", "[::]:80", "10.0.0.7:80", "ec.it:80")]
    [False, False, False, False, False]
    """
    if bind.startswith("unix:"):
        return True
    host = bind.rpartition(":")[0].removeprefix("[").removesuffix("]")
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        # WHY: the address of a name can change, so a name counts as reachable from other machines.
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _has_narrow(networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Return whether there are networks, each narrow enough to hold an office's proxies alone."""
    return bool(networks) and are_narrow(networks)
