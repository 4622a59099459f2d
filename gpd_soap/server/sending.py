"""Answers that a client does not read at once: the main thread sends the remainder.

A thread writes an answer and goes on to the next request, however slowly the client reads.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import Any

#: The errors of a socket whose send buffer is full.
_FULL = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Sending:
    """A socket that never blocks the thread that writes an answer to it."""

    def __init__(self, sock: Any) -> None:
        """Bytes that `sock` does not accept at once are kept in `unsent`."""
        self._sock = sock
        self.unsent = bytearray()
        self.recv, self.fileno = sock.recv, sock.fileno

    def __getattr__(self, name: str) -> Any:
        """Every other attribute is the socket's own."""
        return getattr(self._sock, name)

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001  # a socket's signature
        """Do nothing: gunicorn asks for blocking before each request, and must not get it."""

    def send(self, data: bytes) -> int:
        """Send `data`, or keep the part that the socket does not accept; returns its length."""
        self.sendall(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Send `data` behind the bytes kept before, or keep the part that is not accepted."""
        sent = 0
        if not self.unsent:
            with suppress(*_FULL):
                sent = self._sock.send(data)
        if sent < len(data):
            self.unsent += data[sent:]

    def flush(self) -> None:
        """Send as many of the kept bytes as the socket accepts."""
        with suppress(*_FULL):
            while self.unsent:
                # WHY: after TLS has refused bytes, it requires the same bytes again.
                del self.unsent[: self._sock.send(bytes(self.unsent))]
