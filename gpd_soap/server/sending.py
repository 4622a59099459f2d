"""Answers whose client does not take them at once: the main thread sends the rest.

A thread writes an answer and goes on to the next request, however slowly the answer is read.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import Any

#: What a socket fails with that takes no more at the moment.
_FULL = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Sending:
    """A socket that does not block, as an answer is written to it."""

    def __init__(self, sock: Any) -> None:
        """What `sock` does not take at once is kept in `unsent`."""
        self._sock = sock
        self.unsent = bytearray()
        self.recv, self.fileno = sock.recv, sock.fileno

    def __getattr__(self, name: str) -> Any:
        """Whatever else is asked of the socket is the socket's own."""
        return getattr(self._sock, name)

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001  # a socket's signature
        """Do nothing: it never blocks, whatever gunicorn says before each request."""

    def send(self, data: bytes) -> int:
        """Send or keep all of it."""
        self.sendall(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Send or keep all of it, in its turn."""
        sent = 0
        if not self.unsent:
            with suppress(*_FULL):
                sent = self._sock.send(data)
        if sent < len(data):
            self.unsent += data[sent:]

    def flush(self) -> None:
        """Send as much as the socket takes."""
        with suppress(*_FULL):
            while self.unsent:
                # WHY: TLS wants the same bytes again after it has refused them.
                del self.unsent[: self._sock.send(bytes(self.unsent))]
