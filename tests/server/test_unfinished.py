"""The bounds on unfinished requests, and which connection is closed for another."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_network
from typing import Any

import pytest
from gunicorn.config import Config

from gpd_soap.server.arriving import Connection
from gpd_soap.server.unfinished import MAX_BY_ADDRESS, MAX_HELD, SMALL_REQUEST, Unfinished


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """A stack that closes its sockets at the end of the test."""
    # WHY: most users may open 1,024 files, unless a process asks for more.
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with ExitStack() as ending:
        yield ending
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))


def connection(stack: ExitStack, client: Any = ("192.0.2.1", 1), size: int = 0) -> Connection:
    """A connection of this client, with `size` bytes received."""
    sock, other = socket.socketpair()
    stack.enter_context(sock)
    stack.enter_context(other)
    made = Connection(Config(), sock, client, "", 1 << 20)
    made.received = bytearray(size)
    return made


def evicted(stack: ExitStack, table: Unfinished, clients: list[Any]) -> list[Any]:
    """The clients whose connections are closed when these connect one after another."""
    losers = (table.add(connection(stack, client)) for client in clients)
    return [loser.client for loser in losers if loser is not None]


MANY = MAX_BY_ADDRESS + 1


def test_address_with_too_many_connections_loses_its_oldest(stack: ExitStack) -> None:
    """An older connection of another address stays."""
    clients = [("192.0.2.2", 1), *(("192.0.2.1", port) for port in range(MANY))]

    assert evicted(stack, Unfinished(()), clients) == [("192.0.2.1", 0)]


@pytest.mark.parametrize(
    "hosts",
    [["2001:db8::1", "2001:db8::ffff:1"], ["::ffff:192.0.2.1", "::ffff:192.0.2.1"]],
    ids=["one /64", "IPv4 in IPv6"],
)
def test_addresses_of_one_network_have_one_bound(stack: ExitStack, hosts: list[str]) -> None:
    """An IPv6 subscriber has 2^64 addresses."""
    clients = [(hosts[port % 2], port, 0, 0) for port in range(MANY)]

    assert len(evicted(stack, Unfinished(()), clients)) == 1


@pytest.mark.parametrize(
    "hosts",
    [["2001:db8::1", "2001:db8:0:1::1"], ["::ffff:192.0.2.1", "::ffff:192.0.2.2"]],
    ids=["two /64", "IPv4 in IPv6"],
)
def test_addresses_of_different_networks_have_bounds_of_their_own(
    stack: ExitStack, hosts: list[str]
) -> None:
    """Each network stays within its own bound."""
    clients = [(hosts[port % 2], port, 0, 0) for port in range(MANY)]

    assert evicted(stack, Unfinished(()), clients) == []


@pytest.mark.parametrize("client", ["", b"", ("10.0.0.7", 1)], ids=["unix", "unnamed", "proxy"])
def test_unix_sockets_and_proxies_have_no_bound(stack: ExitStack, client: Any) -> None:
    """Many callers connect through each of them."""
    table = Unfinished([ip_network("10.0.0.0/24")])

    assert evicted(stack, table, [client] * MANY) == []
    assert len(table) == MANY


def test_address_is_forgotten_with_its_last_connection(stack: ExitStack) -> None:
    """Removed connections do not count."""
    table = Unfinished(())
    for _ in range(2):
        made = [connection(stack) for _ in range(MAX_BY_ADDRESS)]
        assert [table.add(each) for each in made] == [None] * MAX_BY_ADDRESS
        for each in made:
            table.remove(each)

    assert len(table) == 0
    assert table.oldest() is None


def test_oldest_large_request_is_closed_when_too_many_bytes_are_held(stack: ExitStack) -> None:
    """An older small request stays, and released bytes do not count."""
    table, size = Unfinished(()), MAX_HELD // 2
    small, first, second, third = (
        connection(stack, size=size) for size in (SMALL_REQUEST, size, size, SMALL_REQUEST + 1)
    )
    losers = []
    for each in (small, first, second):
        table.add(each)
        losers.append(table.hold(each))
    table.remove(first)
    table.release(first)
    table.add(third)
    losers.append(table.hold(third))

    assert losers == [None, None, first, None]


def test_queued_request_still_counts_as_held(stack: ExitStack) -> None:
    """Where large requests wait for a thread, a further large one is closed itself."""
    table = Unfinished(())
    queued, coming = connection(stack, size=MAX_HELD), connection(stack, size=SMALL_REQUEST + 1)
    table.add(queued)
    assert table.hold(queued) is None
    table.remove(queued)
    table.add(coming)

    assert table.hold(coming) is coming
