"""Writes a request to a connection and reads the response, within bounds and one deadline."""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from gpd_soap import __version__
from gpd_soap.features.webhooks.addresses import Target
from gpd_soap.features.webhooks.schedule import Reply

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

USER_AGENT = f"gpd-soap/{__version__}"
#: LIMIT: 16 KiB of a response's status line and headers, so that a receiver fills no memory.
LARGEST_HEAD = 16 * 1024
#: LIMIT: 4 KiB of a response's body are read.
LARGEST_BODY = 4 * 1024
#: LIMIT: 1 s for a body that nobody reads; closing earlier would look like a fault to the receiver.
UNREAD_SECONDS = 1.0
_CHUNK = 16 * 1024


class Request(NamedTuple):
    """What to send.  `certificate` and `authority` name TLS files of the settings.

    `reads_body` says that the response's body decides on success.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    certificate: str = ""
    authority: str = ""
    reads_body: bool = False


class Response(NamedTuple):
    """What came back, and the beginning of its body if it was to be read."""

    reply: Reply
    body: bytes = b""


class TooLarge(Exception):
    """The response's head is larger than LARGEST_HEAD."""


def read(connection: socket.socket, request: Request, deadline: float) -> tuple[Response, bool]:
    """Returns what comes back, and whether another request may follow on the connection."""
    stream = _Stream(connection, deadline)
    with http.client.HTTPResponse(stream, method=request.method) as response:  # type: ignore[arg-type]  # makefile is all that it calls
        response.begin()
        stream.most = None
        reply, body = Reply(response.status, retry_after=response.headers.get("Retry-After")), b""
        if request.reads_body:
            body = response.read(LARGEST_BODY)
        else:
            stream.deadline = min(deadline, time.monotonic() + UNREAD_SECONDS)
            # WHY: the status has decided already, so a body that does not end changes nothing.
            with suppress(OSError, http.client.HTTPException, ValueError):
                response.read(LARGEST_BODY)
        return Response(reply, body), response.isclosed() and not response.will_close


def bytes_of(request: Request, target: Target, *, keeps: bool) -> bytes:
    """Returns a request as it is sent; `keeps` if another may follow on its connection."""
    headers = {
        "Host": target.authority,
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Connection": "keep-alive" if keeps else "close",
        "Content-Length": str(len(request.body)),
        **request.headers,
    }
    lines = [f"{request.method} {target.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + request.body


def write(connection: socket.socket, content: bytes, deadline: float) -> None:
    """Sends bytes within a deadline."""
    rest = memoryview(content)
    while rest:
        connection.settimeout(left(deadline))
        rest = rest[connection.send(rest[:_CHUNK]) :]


def left(deadline: float) -> float:
    """Returns the seconds until a deadline.  Raises TimeoutError if it is over."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _Stream(io.RawIOBase):
    """The bytes of a response, until a deadline for all of them and not for each.

    `most` is the bytes that may still come; None is no bound.
    """

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        super().__init__()
        self.deadline, self._connection = deadline, connection
        self.most: int | None = LARGEST_HEAD

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Returns the stream as http.client reads it."""
        # WHY: a small buffer, because the bytes of the body in it count as bytes of the head.
        return io.BufferedReader(self, 1024)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._connection.settimeout(left(self.deadline))
        number = self._connection.recv_into(buffer)
        if self.most is not None:
            self.most -= number
            if self.most < 0:
                raise TooLarge("the head of the answer is too large")
        return number
