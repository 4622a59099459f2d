"""Requests to an OpenID provider: one deadline, a bounded answer, no redirects, no proxies."""

from __future__ import annotations

import http.client
import io
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from gpd_soap import __version__

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

USER_AGENT = f"gpd-soap/{__version__}"
#: LIMIT: 5 s for a request, from the connection to the last byte of the answer.
SECONDS = 5.0
#: LIMIT: 256 KiB of an answer; the keys of a large provider have some 20.
LARGEST = 256 * 1024
#: LIMIT: 2 threads of a process wait for a provider, so that a slow one takes no more of them.
AT_ONCE = 2


class Unavailable(Exception):
    """The provider gave no usable answer; the text says why, without what it answered."""


class Answer(NamedTuple):
    """The status, and the object that the body holds; empty if it holds none."""

    status: int
    content: dict[str, Any]


class Fetch:
    """Sends requests to one provider.  Threads may share it."""

    def __init__(self, authorities: str = "", seconds: float = SECONDS) -> None:
        """`authorities` is a PEM file; empty for those of the machine."""
        self._authorities, self._seconds = authorities, seconds
        self._slots = threading.BoundedSemaphore(AT_ONCE)

    def get(self, url: str) -> Answer:
        """Returns the answer to a GET.  Raises Unavailable."""
        return self._send("GET", url, {}, b"")

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Returns the answer to a form.  Raises Unavailable."""
        more = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._send("POST", url, more, urlencode(form).encode())

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        deadline = time.monotonic() + self._seconds
        if not self._slots.acquire(timeout=self._seconds):
            raise Unavailable("too many requests wait for the provider")
        try:
            return self._exchange(method, url, headers, body, deadline)
        except TimeoutError:
            raise Unavailable("no answer in time") from None
        except ssl.SSLError:
            raise Unavailable("TLS failed") from None
        except OSError as error:
            raise Unavailable(f"no connection: {error.strerror or type(error).__name__}") from None
        except (http.client.HTTPException, ValueError) as error:
            raise Unavailable(f"not HTTP: {type(error).__name__}") from None
        finally:
            self._slots.release()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, deadline: float
    ) -> Answer:
        address = urlsplit(url)
        assert address.hostname is not None
        is_tls = address.scheme == "https"
        port = address.port or (443 if is_tls else 80)
        with socket.create_connection((address.hostname, port), _left(deadline)) as plain:
            opened = plain
            if is_tls:
                plain.settimeout(_left(deadline))
                context = ssl.create_default_context(cafile=self._authorities or None)
                opened = context.wrap_socket(plain, server_hostname=address.hostname)
            with opened:
                connection = http.client.HTTPConnection(address.hostname, port)
                connection.sock = _Deadlined(opened, deadline)
                path = (address.path or "/") + (f"?{address.query}" if address.query else "")
                named = {"User-Agent": USER_AGENT, "Accept": "application/json", **headers}
                connection.request(method, path, body or None, {**named, "Connection": "close"})
                response = connection.getresponse()
                content = response.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise Unavailable("the answer is too large")
        return Answer(response.status, _object(content))


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Deadlined:
    """A connection as http.client uses it, with one deadline for all that is sent and read."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection, self._deadline = connection, deadline

    def sendall(self, data: bytes) -> None:
        self._connection.settimeout(_left(self._deadline))
        self._connection.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self._connection, self._deadline))

    def close(self) -> None:
        """Does nothing: http.client closes before it reads the body, and our caller closes."""


class _Stream(io.RawIOBase):
    """The bytes of an answer, until a deadline for all of them."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        super().__init__()
        self._connection, self._deadline = connection, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._connection.settimeout(_left(self._deadline))
        return self._connection.recv_into(buffer)
