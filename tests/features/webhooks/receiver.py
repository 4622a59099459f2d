"""A receiver of webhooks on this machine: a real server, which behaves as a test says."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from ipaddress import ip_network
from typing import NamedTuple

from gpd_soap.features.webhooks.addresses import Rule


class Received(NamedTuple):
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    instant: float


#: Answers a request on its connection; a behaviour of a receiver.
Behave = Callable[[socket.socket, Received], None]


def answer(status: int, body: bytes = b"", **headers: str) -> Behave:
    """Returns a behaviour that answers a status, with `Retry_After` as Retry-After."""
    lines = [f"HTTP/1.1 {status} Prova", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    content = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def behave(connection: socket.socket, _received: Received) -> None:
        connection.sendall(content)

    return behave


def drip(connection: socket.socket, _received: Received) -> None:
    """Sends a byte at a time, each within any time-out of a single read."""
    with suppress(OSError):
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 4000:
            connection.send(bytes([byte]))
            time.sleep(0.05)


def endless_body(connection: socket.socket, _received: Received) -> None:
    """Says that it accepted, and then sends a body that does not end."""
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(10_000):
            connection.sendall(b"400\r\n" + b"a" * 1024 + b"\r\n")


def huge_head(connection: socket.socket, _received: Received) -> None:
    """Sends more headers than anybody needs."""
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(80):
            connection.sendall(b"X-%d: %s\r\n" % (number, b"a" * 1000))
        connection.sendall(b"\r\n")


def not_http(connection: socket.socket, _received: Received) -> None:
    """Answers in another protocol."""
    connection.sendall(b"SSH-2.0-prova\r\n")


def silent(_connection: socket.socket, _received: Received) -> None:
    """Closes without an answer."""


class Receiver:
    """Listens on a port of its own; `behave` may be changed while it runs.

    `requests` are those that it takes from one connection.
    """

    def __init__(
        self, behave: Behave, context: ssl.SSLContext | None = None, requests: int = 1
    ) -> None:
        self.behave, self._context, self.requests = behave, context, requests
        self.connections = 0
        self.received: list[Received] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def rule(self) -> Rule:
        """The rule that allows this receiver and no other."""
        return Rule((ip_network("127.0.0.1/32"),), (self.port,))

    def url(self, host: str = "127.0.0.1", path: str = "/eventi") -> str:
        """URL of this receiver."""
        return f"{'https' if self._context else 'http'}://{host}:{self.port}{path}"

    def close(self) -> None:
        """Stops listening."""
        # WHY: a close alone does not end the accept of another thread.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, plain: socket.socket) -> None:
        with suppress(OSError), plain:
            plain.settimeout(10)
            if self._context is None:
                self._converse(plain)
                return
            with self._context.wrap_socket(plain, server_side=True) as secured:
                self._converse(secured)

    def _converse(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        for _ in range(self.requests):
            if not (line := stream.readline().decode()):
                return
            self._take(connection, stream, line)

    def _take(self, connection: socket.socket, stream: BufferedReader, first: str) -> None:
        method, path, _ = first.split(" ", 2)
        headers: dict[str, str] = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
        received = Received(method, path, headers, body, time.monotonic())
        self.received.append(received)
        self.behave(connection, received)


@contextmanager
def receiving(
    behave: Behave, context: ssl.SSLContext | None = None, requests: int = 1
) -> Iterator[Receiver]:
    """Runs a receiver."""
    receiver = Receiver(behave, context, requests)
    try:
        yield receiver
    finally:
        receiver.close()
