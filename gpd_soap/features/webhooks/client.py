"""Sends HTTP requests to a receiver, to an address that was checked, each within one deadline.

The name is resolved once for a connection, which goes to the address that was checked.  The name
stands in SNI and Host, and the certificate must have it.  So a name server that answers differently
at a second question changes nothing.  Redirects are not followed, cookies are not kept, and the
environment's proxies are not used.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple, Self

from gpd_soap.features.webhooks import addresses
from gpd_soap.features.webhooks.addresses import Refused, Resolve, Rule, Target
from gpd_soap.features.webhooks.exchange import (
    Request,
    Response,
    TooLarge,
    bytes_of,
    left,
    read,
    write,
)
from gpd_soap.features.webhooks.schedule import Reply

#: LIMIT: 64 requests of a process at once; a lane that waits may keep a connection beside them.
MOST_REQUESTS = 64
#: What a request meets on a connection that its receiver has closed meanwhile.
CLOSED = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Timeouts(NamedTuple):
    """Seconds until the connection stands, and until the attempt ends."""

    connect: float = 3.0
    total: float = 15.0


class Identities(NamedTuple):
    """PEM files by their names: client certificates with their keys, and authorities."""

    certificates: Mapping[str, str] = {}
    authorities: Mapping[str, str] = {}


class UnknownIdentity(Exception):
    """The settings have no TLS file of this name."""


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
        self._slots = threading.BoundedSemaphore(MOST_REQUESTS)

    def session(self) -> Session:
        """Returns a session, for requests that follow one another."""
        return Session(self)

    def send(self, request: Request, session: Session | None = None) -> Response:
        """Returns what came back; a failure is a reply without a status, and raises nothing."""
        try:
            with self._slots:
                return self._send(request, session)
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

    def _send(self, request: Request, session: Session | None) -> Response:
        deadline = time.monotonic() + self._timeouts.total
        target = addresses.parse(request.url, self._rule)
        owner = (target.origin, request.certificate, request.authority)
        idle = None if session is None else session.take(owner)
        if idle is not None:
            # WHY: a receiver closes a connection when it likes, also while a request is on its way.
            # The event is sent again then, with the same id.
            with suppress(*CLOSED):
                return _over(idle, request, target, deadline, session, owner)
        connection = self._connected(request, target, deadline)
        return _over(connection, request, target, deadline, session, owner)

    def _connected(self, request: Request, target: Target, deadline: float) -> socket.socket:
        """Returns a new connection, with TLS where the receiver has it."""
        checked = addresses.checked_addresses(target, self._rule, self._resolve_in_time)
        context = self._context(request) if target.is_tls else None
        plain = _connect(checked, target.port, self._timeouts.connect)
        try:
            plain.settimeout(left(deadline))
            # WHY: without this, a large event on a kept connection waits for a delayed ACK.
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is None:
                return plain
            return context.wrap_socket(plain, server_hostname=target.host)
        except BaseException:
            plain.close()
            raise

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


#: Whose connection it is: scheme, host and port, the client's certificate, the authority.
Owner = tuple[str, str, str]


class Session:
    """The requests of one lane: each goes over the connection of the one before, if it still can.

    One thread has it.
    """

    def __init__(self, client: Client) -> None:
        """Keeps no connection yet."""
        self._client = client
        self._kept: tuple[Owner, socket.socket] | None = None

    def __enter__(self) -> Self:
        """Returns the session."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes its connection."""
        self._drop()

    def send(self, request: Request) -> Response:
        """As `Client.send`."""
        return self._client.send(request, self)

    def take(self, owner: Owner) -> socket.socket | None:
        """Returns the connection of this receiver, if it is open and has nothing to read."""
        if self._kept is None or self._kept[0] != owner or _is_readable(self._kept[1]):
            self._drop()
            return None
        _, connection = self._kept
        self._kept = None
        return connection

    def keep(self, owner: Owner, connection: socket.socket) -> None:
        """Keeps a connection for the next request."""
        self._kept = (owner, connection)

    def _drop(self) -> None:
        if self._kept is not None:
            self._kept[1].close()
            self._kept = None


def _is_readable(connection: socket.socket) -> bool:
    """Returns whether something came without a request: the end, most likely."""
    looking = select.poll()
    looking.register(connection, select.POLLIN)
    return bool(looking.poll(0))


def _connect(checked: Sequence[str], port: int, seconds: float) -> socket.socket:
    """Returns a connection to the first address that accepts one."""
    deadline = time.monotonic() + seconds
    *others, last = checked
    for address in others:
        with suppress(OSError):
            return socket.create_connection((address, port), left(deadline))
    return socket.create_connection((last, port), left(deadline))


def _over(
    connection: socket.socket,
    request: Request,
    target: Target,
    deadline: float,
    session: Session | None,
    owner: Owner,
) -> Response:
    """Sends a request over a connection, which the session keeps or which is closed then."""
    is_kept = False
    try:
        write(connection, bytes_of(request, target, keeps=session is not None), deadline)
        response, is_whole = read(connection, request, deadline)
        if session is not None and is_whole:
            session.keep(owner, connection)
            is_kept = True
        return response
    finally:
        if not is_kept:
            connection.close()


def _failed(text: str) -> Response:
    return Response(Reply(None, text[:200]))
