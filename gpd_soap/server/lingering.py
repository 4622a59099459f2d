"""Connections whose clients have not read their answers yet.

The main thread sends the part of an answer that a client does not read at once. A connection that
is closed with unread bytes of its client is reset, and the client may lose its last answer. So the
main thread waits a short time for the client to close first, which blocks no other connection.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from functools import partial

from gpd_soap.server.arriving import READ_SIZE, Connection

#: LIMIT: seconds and bytes that a client may cost after its last answer, if it does not close.
LINGER_SECONDS, MAX_DRAINED = 0.2, 1 << 20
#: LIMIT: seconds for a client to read an answer; the wait costs memory, and no thread.
SEND_SECONDS = 30.0


class Lingering:
    """The connections that got their last answer, in the order of their deadlines."""

    def __init__(
        self, poller: selectors.BaseSelector, close: Callable[[Connection], object]
    ) -> None:
        """`close` ends a connection that `poller` no longer watches."""
        self._poller, self._close = poller, close
        self._connections: dict[Connection, None] = {}

    def begin(self, conn: Connection) -> None:
        """Close the sending side, and the whole connection once the client has closed its own."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.timeout = time.monotonic() + LINGER_SECONDS
        self._connections[conn] = None
        self._poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))

    def seconds_left(self, most: float) -> float:
        """Seconds until the next deadline, `most` at most."""
        first = next(iter(self._connections), None)
        return most if first is None else min(most, max(first.timeout - time.monotonic(), 0.0))

    def give_up(self, now: float) -> None:
        """Close the connections whose deadline has passed."""
        while (first := next(iter(self._connections), None)) and first.timeout <= now:
            self._end(first)

    def _drain(self, conn: Connection, _sock: object) -> None:
        try:
            size = len(conn.sock.recv(READ_SIZE))
        except BlockingIOError:
            return
        except OSError:
            size = 0
        conn.drained += size
        if not size or conn.drained > MAX_DRAINED:
            self._end(conn)

    def _end(self, conn: Connection) -> None:
        del self._connections[conn]
        self._poller.unregister(conn.sock)
        self._close(conn)


class Flushing:
    """The connections whose answers wait for their clients, in the order of their deadlines."""

    def __init__(
        self, poller: selectors.BaseSelector, close: Callable[[Connection], object]
    ) -> None:
        """`close` ends a connection that `poller` no longer watches."""
        self._poller, self._close = poller, close
        self._connections: dict[Connection, None] = {}

    def begin(self, conn: Connection, then: Callable[[], object]) -> None:
        """Send the remainder of an answer, then call `then`."""
        conn.timeout = time.monotonic() + SEND_SECONDS
        self._connections[conn] = None
        events = selectors.EVENT_WRITE
        self._poller.register(conn.sock, events, partial(self._flush, conn, then))

    def give_up(self, now: float) -> None:
        """Close the connections whose deadline has passed."""
        while (first := next(iter(self._connections), None)) and first.timeout <= now:
            self._end(first)
            self._close(first)

    def _flush(self, conn: Connection, then: Callable[[], object], _sock: object) -> None:
        try:
            conn.sock.flush()
        except OSError:
            self._end(conn)
            self._close(conn)
            return
        if not conn.has_unsent:
            self._end(conn)
            then()

    def _end(self, conn: Connection) -> None:
        del self._connections[conn]
        self._poller.unregister(conn.sock)
