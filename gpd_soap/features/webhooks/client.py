"""Sends one HTTP request to a receiver, to an address that was checked, within one deadline.

The name is resolved once.  The connection goes to the address that was checked, with the name in
SNI and Host and against the certificate.  So a name server that answers differently at a second
question changes nothing.  Redirects are not followed, cookies are not kept, and the environment's
proxies are not used.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from gpd_soap import __version__
from gpd_soap.features.webhooks import addresses
from gpd_soap.features.webhooks.addresses import Refused, Resolve, Rule, Target
from gpd_soap.features.webhooks.schedule import Reply

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

USER_AGENT = f"gpd-soap/{__version__}"
#: LIMIT: 16 KiB of a response's status line and headers.
LARGEST_HEAD = 16 * 1024
#: LIMIT: 4 KiB of a response's body are read.
LARGEST_BODY = 4 * 1024
#: LIMIT: 1 s for a body that nobody reads; closing earlier would look like a fault to the receiver.
UNREAD_SECONDS = 1.0
#: LIMIT: 64 connections of a process at once.
MOST_CONNECTIONS = 64
_CHUNK = 16 * 1024


class Timeouts(NamedTuple):
    """Seconds until the connection stands, and until the attempt ends."""

    connect: float = 3.0
    total: float = 15.0


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


class Identities(NamedTuple):
    """PEM files by their names: client certificates with their keys, and authorities."""

    certificates: Mapping[str, str] = {}
    authorities: Mapping[str, str] = {}


class UnknownIdentity(Exception):
    """The settings have no TLS file of this name."""


class TooLarge(Exception):
    """The response's head is larger than LARGEST_HEAD."""


def resolve(host: str, port: int) -> Sequence[str]:
    """Returns the addresses of a name in the order of the system.  Raises OSError without any."""
    try:
        found_addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("not a host name") from None
    return list(dict.fromkeys(str(each[4][0]) for each in found_addresses))


class Client:
    """Sends requests.  Threads may share it."""

    def __init__(
        self,
        rule: Rule,
        identities: Identities | None = None,
        timeouts: Timeouts | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        """Use `rule` for every attempt; a test passes another `resolve`."""
        self._rule, self._resolve = rule, resolve
        self._identities, self._timeouts = identities or Identities(), timeouts or Timeouts()
        # LIMIT: 16 questions to name servers at once; the system's own has no time-out.
        self._resolvers = ThreadPoolExecutor(16, "resolve")
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def send(self, request: Request) -> Response:
        """Returns what came back; a failure is a reply without a status, and raises nothing."""
        try:
            with self._slots:
                return self._send(request)
        except (Refused, UnknownIdentity, TooLarge) as error:
            return _failed(str(error))
        except ssl.SSLCertVerificationError as error:
            return _failed(f"TLS: {error.verify_message}")
        except ssl.SSLError as error:
            return _failed(f"TLS: {error.reason or 'failed'}")
        except TimeoutError:
            return _failed("no answer in time")
        except socket.gaierror:
            return _failed("the host name has no address")
        except OSError as error:
            return _failed(f"no connection: {error.strerror or type(error).__name__}")
        except (http.client.HTTPException, ValueError) as error:
            return _failed(f"not HTTP: {type(error).__name__}")

    def _send(self, request: Request) -> Response:
        deadline = time.monotonic() + self._timeouts.total
        target = addresses.parse(request.url, self._rule)
        checked = addresses.checked_addresses(target, self._rule, self._resolve_in_time)
        context = self._context(request) if target.is_tls else None
        with _connect(checked, target.port, self._timeouts.connect) as plain:
            plain.settimeout(_left(deadline))
            if context is None:
                return _exchange(plain, request, target, deadline)
            with context.wrap_socket(plain, server_hostname=target.host) as secured:
                return _exchange(secured, request, target, deadline)

    def _resolve_in_time(self, host: str, port: int) -> Sequence[str]:
        asking = self._resolvers.submit(self._resolve, host, port)
        return asking.result(self._timeouts.connect)

    def _context(self, request: Request) -> ssl.SSLContext:
        """Returns the TLS of a request; raises UnknownIdentity, or OSError for unusable files."""
        authorities, certificates = self._identities.authorities, self._identities.certificates
        if request.authority and request.authority not in authorities:
            raise UnknownIdentity("the settings have no authority of this name")
        if request.certificate and request.certificate not in certificates:
            raise UnknownIdentity("the settings have no client certificate of this name")
        context = ssl.create_default_context(cafile=authorities.get(request.authority))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if request.certificate:
            context.load_cert_chain(certificates[request.certificate])
        return context


def _connect(checked: Sequence[str], port: int, seconds: float) -> socket.socket:
    """Returns a connection to the first address that accepts one."""
    deadline = time.monotonic() + seconds
    *others, last = checked
    for address in others:
        with suppress(OSError):
            return socket.create_connection((address, port), _left(deadline))
    return socket.create_connection((last, port), _left(deadline))


def _exchange(
    connection: socket.socket, request: Request, target: Target, deadline: float
) -> Response:
    _write(connection, _bytes_of(request, target), deadline)
    stream = _Stream(connection, deadline)
    with http.client.HTTPResponse(stream, method=request.method) as response:  # type: ignore[arg-type]  # makefile is all that it calls
        response.begin()
        stream.most = None
        reply = Reply(response.status, retry_after=response.headers.get("Retry-After"))
        if request.reads_body:
            return Response(reply, response.read(LARGEST_BODY))
        stream.deadline = min(deadline, time.monotonic() + UNREAD_SECONDS)
        # WHY: the status has decided already, so a body that does not end changes nothing.
        with suppress(OSError, http.client.HTTPException, ValueError):
            response.read(LARGEST_BODY)
    return Response(reply)


def _bytes_of(request: Request, target: Target) -> bytes:
    headers = {
        "Host": target.authority,
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Connection": "close",
        "Content-Length": str(len(request.body)),
        **request.headers,
    }
    lines = [f"{request.method} {target.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + request.body


def _write(connection: socket.socket, content: bytes, deadline: float) -> None:
    rest = memoryview(content)
    while rest:
        connection.settimeout(_left(deadline))
        rest = rest[connection.send(rest[:_CHUNK]) :]


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


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
        self._connection.settimeout(_left(self.deadline))
        number = self._connection.recv_into(buffer)
        if self.most is not None:
            self.most -= number
            if self.most < 0:
                raise TooLarge("the head of the answer is too large")
        return number


def _failed(text: str) -> Response:
    return Response(Reply(None, text[:200]))
