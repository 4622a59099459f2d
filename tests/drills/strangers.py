"""Connections that cost a server resources and send no request: silent ones, and slow ones.

They come from other addresses of loopback than the clients, as strangers come from elsewhere.
"""

import contextlib
import random
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from tests.drills.apps import App

#: Connections of each kind to an app at the same time.
EACH = 10
#: Seconds between two bytes of a slow connection.
PAUSE = 0.1
CONNECT_WITHIN = 2.0
#: The beginning of a request whose head never ends.
HEAD = b"POST /partner HTTP/1.1\r\nHost: here\r\nX-Padding: " + b"x" * 4000
#: The first bytes of a TLS record.
RECORD = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

Opened = tuple[socket.socket, bytes]


class Strangers:
    """Many connections to an app's listeners; each is made again when the server closes it."""

    def __init__(self, app: App, context: ssl.SSLContext | None, chance: random.Random) -> None:
        node, admin = urlsplit(app.node), urlsplit(app.admin)
        self._node, self._admin = int(node.port or 0), int(admin.port or 0)
        self._context = context
        self._from = f"127.0.{chance.randrange(1, 255)}.{chance.randrange(1, 255)}"
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        #: The number of connections that were made.
        self.came = 0

    def __enter__(self) -> Self:
        kinds: list[Callable[[], Opened]] = [self._dripping_admin_head]
        if self._context is None:
            kinds += [self._silent, self._dripping_head]
        else:
            kinds += [self._silent, self._one_byte, self._dripping_handshake, self._dripping_head]
        for kind in kinds:
            thread = threading.Thread(target=self._keep_coming, args=(kind,), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _keep_coming(self, kind: Callable[[], Opened]) -> None:
        """Hold several connections of a kind, send each its next byte, and replace closed ones."""
        opened: list[tuple[socket.socket, bytes]] = []
        while not self._over.wait(PAUSE):
            while len(opened) < EACH and not self._over.is_set():
                try:
                    opened.append(kind())
                except OSError:
                    break
                with self._lock:
                    self.came += 1
            opened = [(sock, rest[1:]) for sock, rest in opened if _drip(sock, rest[:1])]
        for sock, _ in opened:
            sock.close()

    def _silent(self) -> Opened:
        return self._connect(self._node), b""

    def _one_byte(self) -> Opened:
        sock = self._connect(self._node)
        sock.send(RECORD[:1])
        return sock, b""

    def _dripping_handshake(self) -> Opened:
        return self._connect(self._node), RECORD + bytes(512)

    def _dripping_head(self) -> Opened:
        sock = self._connect(self._node)
        if self._context is not None:
            sock = self._context.wrap_socket(sock, server_hostname="127.0.0.1")
        return sock, HEAD

    def _dripping_admin_head(self) -> Opened:
        return self._connect(self._admin), HEAD

    def _connect(self, port: int) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", port), CONNECT_WITHIN, (self._from, 0))
        sock.settimeout(CONNECT_WITHIN)
        return sock


def _drip(sock: socket.socket, byte: bytes) -> bool:
    """Send the byte, if there is one, and return whether the connection is still open."""
    try:
        if byte:
            sock.send(byte)
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
            if not sock.recv(4096):
                sock.close()
                return False
        sock.settimeout(CONNECT_WITHIN)
    except OSError:
        sock.close()
        return False
    return True
