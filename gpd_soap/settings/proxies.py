"""The settings that name the proxies in front of the faces."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from gpd_soap.settings.kinds import Networks

#: LIMIT: bits of a prefix.  10.0.0.0/8 and fc00::/7 are the widest networks that an office can own;
#: a wider one contains other people's machines.
WIDEST_PREFIX = {4: 8, 6: 7}


def are_narrow(networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Return whether each network can be an office's own."""
    return all(network.prefixlen >= WIDEST_PREFIX[network.version] for network in networks)


def _own(networks: tuple[IPv4Network | IPv6Network, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    # WHY: whoever counts as a proxy chooses the address by which its attempts are counted.
    if not are_narrow(networks):
        raise PydanticCustomError("networks", "Input should be networks of /8 (IPv6: /7) at most")
    return networks


NodeProxies = Annotated[
    Networks,
    Field(
        description="networks of the proxies that do TLS for the node face, separated by commas;"
        " on a Unix socket, whoever may open it is one of them"
    ),
]
AdminProxies = Annotated[
    Networks,
    AfterValidator(_own),
    Field(
        description="networks of the proxies in front of the admin face, separated by commas: from"
        " them alone X-Forwarded-For names the caller, by whose address wrong passwords and keys"
        " are counted; on a Unix socket, whoever may open it is one of them"
    ),
]
