"""The connections whose request has not arrived whole, and which of them is closed for others.

Each costs memory and an entry in this table, never a thread. Over the bound of its address, a new
connection is not refused: the oldest one of that address is closed instead. So a caller that sends
at once is answered, even from an address that holds many silent connections.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import Any

from gpd_soap.server.arriving import Connection

#: LIMIT: unfinished requests of an address in a process, a quarter of its connections. The Node
#: uses few addresses and hundreds of connections, each of them unfinished for an instant.
MAX_BY_ADDRESS = 256
#: LIMIT: bytes of requests that a process holds, unfinished ones and those that wait for a thread,
#: so that slow senders do not fill the memory.
MAX_HELD = 64 << 20
#: LIMIT: bytes of a request that is never closed for memory; a thousand such are as much again.
SMALL_REQUEST = 64 << 10

#: How an IPv6 socket shows an IPv4 address.
_MAPPED = b"\0" * 10 + b"\xff\xff"


class Unfinished:
    """The table, in the order in which the requests began."""

    def __init__(self, proxies: Sequence[IPv4Network | IPv6Network]) -> None:
        """Addresses in `proxies` have no bound, because many callers connect through each."""
        self._connections: dict[Connection, None] = {}
        self._by_address: dict[bytes, dict[Connection, None]] = {}
        self._owner = _owner_of(proxies)
        self._held = 0

    def __contains__(self, connection: object) -> bool:
        """Whether its request is still awaited."""
        return connection in self._connections

    def __len__(self) -> int:
        """How many requests are awaited."""
        return len(self._connections)

    def add(self, connection: Connection) -> Connection | None:
        """Await a request; returns the connection to close, if its address has too many.

        A connection over a Unix socket has no address and no bound.
        """
        self._connections[connection] = None
        owner = self._owner(connection.client)
        if owner is None:
            return None
        connection.owner = owner
        siblings = self._by_address.setdefault(owner, {})
        siblings[connection] = None
        return next(iter(siblings)) if len(siblings) > MAX_BY_ADDRESS else None

    def remove(self, connection: Connection) -> None:
        """Stop awaiting a connection's request."""
        del self._connections[connection]
        if connection.owner is None:
            return
        siblings = self._by_address[connection.owner]
        del siblings[connection]
        if not siblings:
            del self._by_address[connection.owner]

    def hold(self, connection: Connection) -> Connection | None:
        """Count the bytes that arrived; returns the connection to close, if too many are held."""
        self._held += len(connection.received) - connection.held
        connection.held = len(connection.received)
        if self._held <= MAX_HELD or connection.held <= SMALL_REQUEST:
            return None
        large = (each for each in self._connections if each.held > SMALL_REQUEST)
        return next(large, None)

    def release(self, connection: Connection) -> None:
        """Stop counting the bytes of a connection that was answered or is closed."""
        self._held -= connection.held
        connection.held = 0

    def oldest(self) -> Connection | None:
        """The connection whose request has been awaited for longest."""
        return next(iter(self._connections), None)

    def late(self, now: float) -> list[Connection]:
        """The connections whose deadline has passed."""
        return [each for each in self._connections if each.timeout <= now]

    def cap_timeouts(self, deadline: float) -> None:
        """Wait until `deadline` at most for the connections that have sent nothing."""
        for connection in self._connections:
            if not connection.has_begun:
                connection.timeout = min(connection.timeout, deadline)


def _owner_of(proxies: Sequence[IPv4Network | IPv6Network]) -> Callable[[Any], bytes | None]:
    """A function from a client's address to its owner's key; None where there is no bound."""

    @lru_cache(4096)
    def owner(host: str) -> bytes | None:
        try:
            address = ip_address(host)
        except ValueError:
            return None
        if any(address in network for network in proxies):
            return None
        packed = address.packed
        # WHY: one subscriber has a /64 of IPv6 and may use any address in it.
        is_whole = isinstance(address, IPv4Address) or packed.startswith(_MAPPED)
        return packed if is_whole else packed[:8]

    return lambda client: owner(client[0]) if isinstance(client, tuple) else None
