"""The process that answers: gunicorn's threads, with an end to how long a request may wait for one.

A request that waits for a thread until its sender has given up costs all those behind it the same
wait.  Here it is refused when its turn comes too late, which takes microseconds, so that what is
answered is answered in time; the Node sends a refused receipt again.
"""

from __future__ import annotations

import errno
import logging
import selectors
import ssl
import threading
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from gpd_soap.web import LIVE, Environ, StartResponse, Wsgi, answer

#: LIMIT: the service level is 2 s (spec/pagopa-ec.md 6); half of it may pass before work begins.
PATIENCE_SECONDS = 1.0
#: LIMIT: a client that says nothing in the handshake keeps a thread this long.
HANDSHAKE_SECONDS = 3.0
#: LIMIT: a request may take a thread this long to arrive: 1 MiB at 2 Mbit/s.
RECEIVE_SECONDS = 5.0
#: LIMIT: connections that silent ones give way for, before there are as many as gunicorn takes.
SPARE_CONNECTIONS = 16
#: LIMIT: what a client that does not close its end may cost a thread after its answer.
LINGER_SECONDS = 0.2

log = logging.getLogger("gpd_soap.worker")


class _Turn(threading.local):
    """How long the request that this thread has in hand had waited for it."""

    waited = 0.0


_turn = _Turn()


class _Connection(TConn):
    """A connection whose requests must each arrive in time."""

    sock: Any
    receive_until = 0.0

    def init(self) -> None:
        if not self.initialized:
            super().init()
            self.parser.unreader = _Receiver(self)


class _Receiver(SocketUnreader):
    """Reads until the connection's deadline, however few bytes come at a time."""

    def __init__(self, connection: _Connection) -> None:
        super().__init__(connection.sock)
        self._connection = connection

    def chunk(self, size_hint: int | None = None) -> Any:
        left = self._connection.receive_until - time.monotonic()
        try:
            self.sock.settimeout(max(left, 0.001))
            return super().chunk(size_hint)
        except TimeoutError:
            # WHY: as if the sender had gone, which gunicorn and both faces know how to take.
            raise ConnectionResetError(errno.ECONNRESET, "too slow") from None
        finally:
            self.sock.settimeout(None)


class _Secured(_Connection):
    """A connection that must be secured before anything is read from it."""

    def __init__(self, plain: Any, context: ssl.SSLContext) -> None:
        super().__init__(plain.cfg, plain.sock, plain.client, plain.server)
        self._context = context

    def init(self) -> None:
        if not self.initialized:
            self.sock.settimeout(HANDSHAKE_SECONDS)
            self.sock = self._context.wrap_socket(self.sock, server_side=True)
        super().init()


class Worker(ThreadWorker):
    """gunicorn's thread worker, with TLS by listener and a memory of how long a request waited."""

    def init_process(self) -> None:
        """Read certificates anew in each process, so that a reload finds those that are there."""
        self._secured = self.app.secured()
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """Note when a request stood in line, and on which listener it came."""
        context = self._secured.get(listener(conn.server))
        if context is not None and not isinstance(conn, _Secured):
            conn = _Secured(conn, context)
        conn.queued_at = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Take a request in hand, in a thread of the pool."""
        now = time.monotonic()
        _turn.waited, conn.receive_until = now - conn.queued_at, now + RECEIVE_SECONDS
        kept = super().handle(conn)
        if kept is False:
            # WHY: gunicorn closes on its main thread, and there one client that does not close its
            # end holds up every other for two seconds.
            util.close_graceful(conn.sock, timeout=LINGER_SECONDS)
        return kept

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Forget a connection that is closed; gunicorn keeps the others."""
        if conn.sock.fileno() < 0:
            self.nr_conns -= 1
        else:
            super().finish_request(conn, fs)

    def accept(self, door: Any) -> None:
        """Take a connection; it costs a thread once it has said something, and not before."""
        try:
            sock, client = door.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        conn = _Connection(self.cfg, sock, client, door.getsockname())
        conn.set_timeout()
        self.pending_conns.append(conn)
        spoken = partial(self.on_pending_socket_readable, conn)
        self.poller.register(sock, selectors.EVENT_READ, spoken)

    def murder_pending(self) -> None:
        """Close what has been silent for too long; where room is short, the longest silent."""
        super().murder_pending()
        for silent in (self.pending_conns, self.keepalived_conns):
            while silent and self.nr_conns > self.worker_connections - SPARE_CONNECTIONS:
                conn = silent.popleft()
                self.poller.unregister(conn.sock)
                self.nr_conns -= 1
                conn.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """When the worker leaves, what says nothing does not hold it back."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)


class InTime:
    """A face that refuses what waited too long for a thread."""

    def __init__(self, face: Wsgi) -> None:
        """Take the face that answers the others."""
        self._face = face

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, if its turn came in time."""
        # WHY: whoever asks whether the process lives would else restart it for being busy.
        if _turn.waited > PATIENCE_SECONDS and environ.get("PATH_INFO") != LIVE:
            log.warning("refused: waited %.1f s for a thread", _turn.waited)
            return answer(start_response, "503 Service Unavailable", retry_after=1)
        return self._face(environ, start_response)


def listener(name: Any) -> str:
    """What a listening socket is known by: its path, or its port."""
    return name if isinstance(name, str) else str(name[1])
