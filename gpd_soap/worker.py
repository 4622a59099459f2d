"""The process that answers: gunicorn's threads, with an end to how long a request may wait for one.

A request that waits for a thread until its sender has given up costs all those behind it the same
wait.  Here it is refused when its turn comes too late, which takes microseconds, so that what is
answered is answered in time; the Node sends a refused receipt again.
"""

from __future__ import annotations

import logging
import select
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

from gpd_soap.web import LIVE, Environ, StartResponse, Wsgi, answer

#: LIMIT: the service level is 2 s (spec/pagopa-ec.md 6); half of it may pass before work begins.
PATIENCE_SECONDS = 1.0
#: LIMIT: a client that says nothing in the handshake keeps a thread this long.
HANDSHAKE_SECONDS = 3.0
#: LIMIT: what a client that does not close its end may cost a thread after its answer.
LINGER_SECONDS = 0.2

log = logging.getLogger("gpd_soap.worker")


class _Turn(threading.local):
    """How long the request that this thread has in hand had waited for it."""

    waited = 0.0


_turn = _Turn()


class _Secured(TConn):
    """A connection that must be secured before anything is read from it."""

    sock: Any

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

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  # gunicorn's signature
        """Stop or go on taking connections; a worker that leaves takes its last ones."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            self._close_the_door()

    def _close_the_door(self) -> None:
        # WHY: gunicorn leaves it ajar until the last answer: whoever comes meanwhile would wait
        # for nothing, and whoever stood there already would be cut off.
        for door in self.sockets:
            while select.select([door], [], [], 0)[0]:
                self.accept(door)
            door.close()

    def enqueue_req(self, conn: Any) -> None:
        """Note when a request stood in line, and on which listener it came."""
        context = self.app.secured.get(listener(conn.server))
        if context is not None and not isinstance(conn, _Secured):
            conn = _Secured(conn, context)
        conn.queued_at = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Take a request in hand, in a thread of the pool."""
        _turn.waited = time.monotonic() - conn.queued_at
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
