"""The process that answers: gunicorn's threads, with an end to how long a request may wait for one.

A request that waits for a thread until its sender has given up costs all those behind it the same
wait.  Here it is refused when its turn comes too late, which takes microseconds, so that what is
answered is answered in time; the Node sends a refused receipt again.
"""

from __future__ import annotations

import errno
import logging
import mmap
import select
import selectors
import ssl
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from gpd_soap.wsgi.http import LIVE, Environ, StartResponse, Wsgi, answer

#: LIMIT: the service level is 2 s (spec/pagopa-ec.md 6); half of it may pass before work begins.
PATIENCE_SECONDS = 1.0
#: LIMIT: a client that says nothing in the handshake keeps a thread this long.
HANDSHAKE_SECONDS = 3.0
#: LIMIT: what a request may take from its first byte to its last; the Node sends its own at once.
ARRIVAL_SECONDS = 5.0
#: LIMIT: what each connection that a worker has makes it wait before it takes another.
TURN_SECONDS, MOST_TURNS = 20e-6, 25
#: LIMIT: connections that silent ones give way for, before there are as many as gunicorn takes.
SPARE_CONNECTIONS = 16
#: LIMIT: what a client that does not close its end may cost a thread after its answer.
LINGER_SECONDS = 0.2

#: LIMIT: what a process may hold, in bytes; then another takes its place.  libxml2 keeps every name
#: that it ever read, in each thread: a sender of new names without end would fill the machine.
MOST_MEMORY = 768 << 20
#: Requests between two looks at it.
BETWEEN = 64

log = logging.getLogger("gpd_soap.server.worker")

#: What a request is refused with that is not HTTP as we speak it; others with 400.
REFUSALS = {
    errors.LimitRequestLine: (414, "URI Too Long"),
    errors.LimitRequestHeaders: (431, "Request Header Fields Too Large"),
    errors.UnsupportedTransferCoding: (501, "Not Implemented"),
}


class _Turn(threading.local):
    """How long the request that this thread has in hand had waited for it."""

    waited = 0.0


_turn = _Turn()


class _Arriving:
    """A socket as gunicorn reads a request from it: until a moment, and no longer."""

    def __init__(self, sock: Any) -> None:
        self._sock, self._end = sock, time.monotonic() + ARRIVAL_SECONDS
        sock.settimeout(ARRIVAL_SECONDS)

    def recv(self, size: int) -> bytes:
        try:
            received: bytes = self._sock.recv(size)
        except TimeoutError:
            self._end = 0
        if time.monotonic() > self._end:
            # WHY: gunicorn takes this number for a client that is gone, and logs no failure.
            raise TimeoutError(errno.ECONNRESET, "the request did not arrive in time")
        return received


class _Body:
    """A body that cannot be read is an OSError to the faces, whatever gunicorn calls it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        try:
            content: bytes = self._stream.read(size)
        except errors.ParseException as error:
            raise OSError(type(error).__name__) from None
        return content


class _Connection(TConn):
    """A connection on which no request may take for ever to arrive."""

    sock: Any
    context: ssl.SSLContext | None = None

    def init(self) -> None:
        super().init()
        self.parser.unreader.sock = _Arriving(self.sock)


class _Secured(_Connection):
    """A connection that must be secured before anything is read from it."""

    def init(self) -> None:
        if not self.initialized:
            assert self.context is not None
            self.sock.settimeout(HANDSHAKE_SECONDS)
            self.sock = self.context.wrap_socket(self.sock, server_side=True)
        super().init()


class Worker(ThreadWorker):
    """gunicorn's thread worker, with TLS by listener and a memory of how long a request waited."""

    alive: bool

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  # gunicorn's signature
        """Stop or go on taking connections; a worker that leaves takes its last ones."""
        super().set_accept_enabled(enabled)
        # WHY: a worker that is told to leave before its first turn enables it once, and gunicorn
        # fails where it disables a listener that is closed.
        if not self.alive and not enabled:
            self._close_the_door()

    def _close_the_door(self) -> None:
        # WHY: gunicorn leaves it ajar until the last answer: whoever comes meanwhile would wait
        # for nothing, and whoever stood there already would be cut off.
        for door in self.sockets:
            if door.sock is None:
                continue
            while select.select([door], [], [], 0)[0]:
                self.accept(door)
            door.close()

    def accept(self, door: Any) -> None:
        """Take a connection; it costs a thread once it has said something, and not before."""
        # WHY: a connection that is kept alive stays with who took it, and who is quickest would
        # take them all; so whoever has more waits a little for whoever has fewer.
        if not self._crowded:
            time.sleep(min(self.nr_conns, MOST_TURNS) * TURN_SECONDS)
        try:
            sock, client = door.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        server = door.getsockname()
        context = self.app.secured.get(listener(server))
        made = _Secured if context else _Connection
        conn = made(self.cfg, sock, client, server)
        conn.context = context
        conn.set_timeout()
        self.pending_conns.append(conn)
        spoken = partial(self.on_pending_socket_readable, conn)
        self.poller.register(sock, selectors.EVENT_READ, spoken)

    @property
    def _crowded(self) -> bool:
        """Whether room is short."""
        return bool(self.nr_conns > self.worker_connections - SPARE_CONNECTIONS)

    def murder_pending(self) -> None:
        """Close what has been silent for too long; where room is short, the longest silent."""
        super().murder_pending()
        # WHY: where room is short an answer ends its connection, and says so, or those who stand
        # at the door would wait for as long as others have something to ask.
        self.max_keepalived = 0 if self._crowded else self.worker_connections
        for silent in (self.pending_conns, self.keepalived_conns):
            # WHY: all are looked at once at most, for who has just spoken is silent no more.
            for _ in range(len(silent)):
                if not self._crowded:
                    break
                self._send_away(silent.popleft())

    def _send_away(self, conn: Any) -> None:
        """Close a silent connection; one that has spoken since is answered."""
        self.poller.unregister(conn.sock)
        if _has_spoken(conn.sock):
            conn.data_ready = True
            self.enqueue_req(conn)
            return
        self.nr_conns -= 1
        conn.close()

    def _cap_keepalive(self, deadline: float) -> None:
        """When the worker leaves, what says nothing does not hold it back."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def enqueue_req(self, conn: Any) -> None:
        """Note when a request stood in line."""
        conn.queued_at = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Take a request in hand, in a thread of the pool."""
        _turn.waited = time.monotonic() - conn.queued_at
        kept = super().handle(conn)
        if self.nr % BETWEEN == 0 and self.alive and resident() > MOST_MEMORY:
            log.warning("a worker ends, and another begins: it holds too much memory")
            self.alive = False
        if kept is False:
            # WHY: gunicorn closes on its main thread, and there one client that does not close its
            # end holds up every other for two seconds.
            util.close_graceful(conn.sock, timeout=LINGER_SECONDS)
        return kept

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Refuse what is no HTTP, and end what failed; neither is told by more than its kind."""
        # WHY: gunicorn tells the line that it could not read, in which a key or a name may stand.
        if isinstance(exc, (errors.ParseException, ssl.SSLError)):
            log.warning("refused: %s", type(exc).__name__)
            status, reason = REFUSALS.get(type(exc), (400, "Bad Request"))
        else:
            log.error("a request failed", exc_info=exc)
            status, reason = 500, "Internal Server Error"
        with suppress(OSError):
            util.write_error(client, status, reason, "")

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Forget a connection that is closed; gunicorn keeps the others."""
        if conn.sock.fileno() < 0:
            self.nr_conns -= 1
        else:
            super().finish_request(conn, fs)


def _has_spoken(sock: Any) -> bool:
    waiting = select.poll()
    waiting.register(sock, select.POLLIN)
    return bool(waiting.poll(0))


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
        environ["wsgi.input"] = _Body(environ["wsgi.input"])
        return self._face(environ, start_response)


def resident() -> int:
    """The memory that this process holds, in bytes; 0 where the system has no such file."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * mmap.PAGESIZE


def listener(name: Any) -> str:
    """What a listening socket is known by: its path, or its port."""
    return name if isinstance(name, str) else str(name[1])
