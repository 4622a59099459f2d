"""A connection from its first byte to a whole request: the handshake, the head and the body.

Nothing here blocks. The worker's main thread calls `advance` whenever bytes have arrived. A thread
of the pool gets the connection once its request is in memory. The thread never reads from a socket,
and what it writes is sent without waiting.
"""

from __future__ import annotations

import errno
import logging
import selectors
import ssl
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from gunicorn.http import errors
from gunicorn.workers.gthread import TConn

from gpd_soap.server.framing import RequestScan
from gpd_soap.server.sending import Sending
from gpd_soap.wsgi.refused_callers import RefusedCallers

#: LIMIT: seconds for a handshake from its first byte; a connection that takes longer is closed.
HANDSHAKE_SECONDS = 3.0
#: LIMIT: seconds of a request from its first byte to its last; the Node sends its own at once.
ARRIVAL_SECONDS = 5.0
#: LIMIT: bytes read at once, so that one sender does not delay the others. It is more than a TLS
#: record has, because decrypted bytes that remain unread would not wake the poller.
READ_SIZE = 64 << 10

logger = logging.getLogger(__name__)

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Step(Enum):
    """The next thing to do with a connection."""

    MORE = auto()  # call it again when one of its `events` occurs
    THREAD = auto()  # give it to a thread: its request is whole, or can be refused
    END = auto()  # close it: the client has gone


class _Exhausted:
    """Stands in for the socket once the parser has read all bytes that had arrived."""

    def __init__(self, failure: Exception | None) -> None:
        self._failure = failure

    def recv(self, _size: int) -> bytes:
        if self._failure is not None:
            raise self._failure
        return b""


class Connection(TConn):
    """A client's connection, on which one request after another arrives."""

    sock: Any
    client: Any
    timeout: float

    def __init__(
        self, cfg: Any, sock: Any, client: Any, server: Any, max_body: int, max_load: int = 0
    ) -> None:
        """Bodies over `max_body` bytes are not awaited, because their reader refuses them.

        Those of files of positions may have `max_load` bytes.
        """
        super().__init__(cfg, sock, client, server)
        self.context: ssl.SSLContext | None = None
        self.refused: RefusedCallers | None = None
        self.events = selectors.EVENT_READ
        self.owner: bytes | None = None
        self.sending: Sending | None = None
        self.queued_at = 0.0
        self.drained = 0
        self.data_ready = True
        self.is_secured = False
        self._max_body, self._max_load = max_body, max_load
        self.await_request()

    def await_request(self, received: bytes = b"") -> None:
        """Begin with the next request; `received` are its bytes that came with the last one."""
        self.received = bytearray(received)
        self.held = 0
        self._scan = RequestScan(self._max_body, self._max_load)
        self._failure: Exception | None = None
        self.has_begun = False

    @property
    def is_in_handshake(self) -> bool:
        """Whether the next bytes belong to a handshake."""
        return self.context is not None and not self.is_secured

    def advance(self) -> Step:
        """Read the bytes that have arrived, without waiting; returns the next step."""
        return self._safely(self._receive)

    def resume(self) -> Step:
        """The next step of a request whose first bytes came with the last one."""
        self._begin(ARRIVAL_SECONDS)
        return self._safely(self._measure)

    def expire(self) -> Step:
        """End the wait: a request with a whole head is refused by a thread, another is closed."""
        self._failure = _late()
        return Step.THREAD if self._scan.has_head else Step.END

    @property
    def has_unsent(self) -> bool:
        """Whether a part of an answer waits for the client to read."""
        return self.sending is not None and bool(self.sending.unsent) and self.sock.fileno() >= 0

    def take_remainder(self) -> bytes:
        """The bytes that came behind the request that was answered."""
        unreader = self.parser.unreader
        remainder: bytes = unreader.read() if unreader.buf.getvalue() else b""
        return remainder

    def init(self) -> None:
        """Give the bytes that arrived to gunicorn's parser, in a thread of the pool."""
        super().init()
        self.sock.setblocking(False)
        if self.sending is None:
            self.sock = self.sending = Sending(self.sock)
        self.parser.unreader.buf.write(self.received)
        self.parser.unreader.sock = _Exhausted(self._failure)
        self.received = bytearray()

    def _safely(self, step: Callable[[], Step]) -> Step:
        """The result of `step`; Step.END where the connection fails."""
        try:
            return step()
        except ssl.SSLEOFError:
            return Step.END
        except ssl.SSLError as error:
            if self.refused is not None and self.is_in_handshake:
                self.refused.refuse_handshake(error)
            else:
                logger.warning("a connection was refused: %s", type(error).__name__)
            return Step.END
        except OSError:
            return Step.END

    def _receive(self) -> Step:
        try:
            if self.is_in_handshake:
                self._do_handshake()
            data = self.sock.recv(READ_SIZE)
        except (BlockingIOError, ssl.SSLWantReadError):
            self.events = selectors.EVENT_READ
            return Step.MORE
        except ssl.SSLWantWriteError:
            self.events = selectors.EVENT_WRITE
            return Step.MORE
        self.events = selectors.EVENT_READ
        if not data:
            return Step.THREAD if self._scan.has_head else Step.END
        self._begin(ARRIVAL_SECONDS)
        self.received += data
        return self._measure()

    def _measure(self) -> Step:
        """The next step, by how much of the request has arrived."""
        if self._scan.is_complete(self.received):
            too_long = self._scan.is_head_too_long
            self._failure = errors.LimitRequestHeaders("head") if too_long else _late()
            return Step.THREAD
        if self._scan.take_expectation(self.received):
            self.sock.send(CONTINUE)
        return Step.MORE

    def _begin(self, seconds: float) -> None:
        if not self.has_begun:
            self.has_begun = True
            self.timeout = time.monotonic() + seconds

    def _do_handshake(self) -> None:
        if self.context is not None and not isinstance(self.sock, ssl.SSLSocket):
            self._begin(HANDSHAKE_SECONDS)
            self.sock = self.context.wrap_socket(
                self.sock, server_side=True, do_handshake_on_connect=False
            )
        self.sock.do_handshake()
        self.is_secured = True
        # WHY: a caller may open connections before it needs them, so the time of the head begins
        # with its first byte and not with the handshake.
        self.has_begun = False
        self.set_timeout()


def _late() -> Exception:
    # WHY: gunicorn reads this error number as a client that has gone, and logs no failure.
    return TimeoutError(errno.ECONNRESET, "the request did not arrive in time")
