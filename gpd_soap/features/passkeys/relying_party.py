"""For which console passkeys are made: its origin, and the host that devices know it by."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from gpd_soap.core.errors import OperatorError

LOCALHOST = "localhost"


class UnusableConsoleUrl(OperatorError):
    """No browser makes a passkey for the console's address."""

    hint = "set GPD_CONSOLE_URL to https://HOST, or to http://localhost:PORT on this machine"


class RelyingParty(NamedTuple):
    """The host for which passkeys are made, and the origin whose pages may use them."""

    id: str
    origin: str


def relying_party(console_url: str) -> RelyingParty:
    """Returns the relying party of a console.

    Raises UnusableConsoleUrl if the address has no name, or is neither https nor of this machine.
    """
    address = urlsplit(console_url)
    host = (address.hostname or "").rstrip(".")
    if not host or _is_ip_address(host):
        raise UnusableConsoleUrl("passkeys need a console with a host name")
    is_local = host == LOCALHOST or host.endswith(f".{LOCALHOST}")
    if address.scheme != "https" and not is_local:
        raise UnusableConsoleUrl("passkeys need a console with https")
    default = {"https": 443, "http": 80}[address.scheme]
    port = f":{address.port}" if address.port not in (None, default) else ""
    return RelyingParty(host, f"{address.scheme}://{host}{port}")


def _is_ip_address(host: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return True
    return False
