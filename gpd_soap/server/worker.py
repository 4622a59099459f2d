"""The process that answers: gunicorn's thread worker, whose threads never wait for a client.

The main thread accepts connections and receives requests. A thread of the pool has a connection
only while its request is answered.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import selectors
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from gpd_soap.server import signals
from gpd_soap.server.arriving import Connection, Step
from gpd_soap.server.lingering import Flushing, Lingering
from gpd_soap.server.memory import resident
from gpd_soap.server.queue_timeout import note_wait
from gpd_soap.server.refusing import refuse
from gpd_soap.server.unfinished import Unfinished

#: LIMIT: seconds that a worker waits before it accepts, for each connection it has, up to so many.
DELAY_SECONDS, MAX_DELAYS = 20e-6, 25
#: LIMIT: unfinished requests beyond which a worker accepts connections without that delay.
FLOOD = 64
#: LIMIT: connections below gunicorn's maximum at which silent connections begin to be closed.
SPARE_CONNECTIONS = 16
#: LIMIT: steps of handshakes in a turn of the main loop, about 1 ms of computing each. Further
#: steps wait for the next turn, after the requests and the answers of this one.
MAX_HANDSHAKE_STEPS = 8
#: LIMIT: seconds between two searches for connections whose deadline has passed.
EXPIRY_INTERVAL = 0.25
#: The errors of `accept` where the system has no room for another connection.
NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

#: LIMIT: bytes that a process may hold; a process with more is replaced. In each thread, libxml2
#: keeps every name that it ever read, so a sender of ever new names would fill the machine.
MAX_MEMORY = 768 << 20
#: Requests between two checks of the memory.
MEMORY_CHECK_INTERVAL = 64

logger = logging.getLogger(__name__)


class Worker(ThreadWorker):
    """gunicorn's thread worker for one face; its threads never wait for a client."""

    alive: bool
    #: The name of the listener whose face this worker serves, and the sockets of the others.
    listener: str
    other_listeners: Sequence[Any]

    def init_process(self) -> None:
        """Prepare the process, and serve until a signal stops it."""
        self.app.master_pipe.close_writing_end()
        for listener in self.other_listeners:
            listener.close()
        super().init_process()

    def init_signals(self) -> None:
        """Handle signals, those that came since the fork included."""
        super().init_signals()
        signals.release()

    def load_wsgi(self) -> None:
        """Choose the face that this worker serves."""
        self.wsgi = self.app.face(self.listener)

    def run(self) -> None:
        """Answer until a signal stops the worker, or until the master has ended."""
        self._unfinished = Unfinished(self.app.proxies(self.listener))
        self._lingering = Lingering(self.poller, self._close)
        self._flushing = Flushing(self.poller, self._close)
        self._handshake_steps, self._next_expiry = 0, 0.0
        # WHY: gunicorn checks for its parent once a turn, and an idle worker has a turn a second.
        self.poller.register(self.app.master_pipe, selectors.EVENT_READ, self._lose_parent)
        # WHY: a signal that comes just before the poller waits would wait for its second too.
        self.poller.register(self.PIPE[0], selectors.EVENT_READ, _empty)
        with self.app.accompanied(self.listener):
            super().run()

    def _lose_parent(self, master_pipe: Any) -> None:
        self.poller.unregister(master_pipe)
        logger.warning("a worker stops: its master is gone")
        self.alive = False

    def is_parent_alive(self) -> bool:
        """Whether the master lives; without it, the worker stops as it does after SIGTERM."""
        # WHY: gunicorn would accept no more connections, and yet hold the port for as long as a
        # stop may last.
        # WHY: a handler of SIGTERM may run between any two steps here, so True is never assigned.
        if not super().is_parent_alive():
            self.alive = False
        return self.alive

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  # gunicorn's signature
        """Stop or resume accepting; a worker that leaves accepts its last ones and closes."""
        super().set_accept_enabled(enabled)
        # WHY: a worker that gets SIGTERM before its first turn enables its listener once, and
        # gunicorn fails where it disables a closed listener.
        if not self.alive and not enabled:
            self._close_listeners()

    def _close_listeners(self) -> None:
        # WHY: gunicorn closes them after the last answer. Connections that came meanwhile would
        # wait for nothing, and those in the listen queue would be reset.
        for listener in self.sockets:
            if listener.sock is None:
                continue
            for _ in range(self.cfg.backlog):
                if not select.select([listener], [], [], 0)[0]:
                    break
                self.accept(listener)
            listener.close()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Make one turn of the main loop."""
        self._handshake_steps = 0
        super().wait_for_and_dispatch_events(self._lingering.seconds_left(timeout))

    def accept(self, listener: Any) -> None:
        """Accept a connection; it costs a thread only once its request is whole."""
        # WHY: a kept-alive connection stays with the worker that accepted it, and the quickest
        # worker would accept all. So a worker with more connections waits a little longer. In a
        # flood of silent connections every worker has many, and the delay would only cost time.
        if not self._crowded and len(self._unfinished) < FLOOD:
            time.sleep(min(self.nr_conns, MAX_DELAYS) * DELAY_SECONDS)
        try:
            sock, client = listener.accept()
        except OSError as error:
            # WHY: Linux also reports errors of connections that ended before they were accepted.
            if error.errno in NO_ROOM:
                self._close_oldest()
            return
        self.nr_conns += 1
        longest = self.app.max_body, self.app.max_load
        conn = Connection(self.cfg, sock, client, listener.getsockname(), *longest)
        conn.context, conn.refused = self.app.secured.get(self.listener), self.app.refused
        conn.set_timeout()
        self._await(conn)

    def _await(self, conn: Connection) -> None:
        """Await a request that has not arrived yet."""
        self.poller.register(conn.sock, conn.events, partial(self._advance, conn))
        self._evict(self._unfinished.add(conn))

    def _advance(self, conn: Connection, _sock: Any = None) -> None:
        """Read the bytes that arrived on a connection."""
        # WHY: a connection that was closed in this turn may still have an event in it.
        if conn not in self._unfinished:
            return
        if conn.is_in_handshake:
            if self._handshake_steps >= MAX_HANDSHAKE_STEPS:
                return
            self._handshake_steps += 1
        events = conn.events
        step = self._within_memory(conn, conn.advance())
        if step is not Step.MORE:
            self._finish(conn, step)
        elif conn.events != events:
            self.poller.modify(conn.sock, conn.events, partial(self._advance, conn))

    def _within_memory(self, conn: Connection, step: Step) -> Step:
        """The step of a connection that has grown; Step.END if it must give up its memory."""
        loser = self._unfinished.hold(conn)
        if loser is conn:
            return Step.END
        if loser is not None:
            self._finish(loser, Step.END)
        return step

    def _finish(self, conn: Connection, step: Step) -> None:
        """Stop awaiting a request that is whole, or never will be."""
        self.poller.unregister(conn.sock)
        self._unfinished.remove(conn)
        self._dispatch(conn, step)

    def _dispatch(self, conn: Connection, step: Step) -> None:
        """Give a connection to a thread, or close it."""
        if step is Step.THREAD:
            self.enqueue_req(conn)
        else:
            self._close(conn)

    def _close(self, conn: Connection) -> None:
        self._unfinished.release(conn)
        self.nr_conns -= 1
        conn.close()

    def _evict(self, conn: Connection | None) -> None:
        """Close an unfinished connection, if one is given; answer it if its request is whole."""
        if conn is not None:
            step = Step.END if conn.is_in_handshake else conn.advance()
            self._finish(conn, Step.END if step is Step.MORE else step)

    def _close_oldest(self) -> None:
        """Close the connection that has been silent for longest."""
        if self._unfinished:
            self._evict(self._unfinished.oldest())
        elif self.keepalived_conns:
            self._close_idle(self.keepalived_conns.popleft())

    @property
    def _crowded(self) -> bool:
        """Whether the worker has nearly as many connections as it may have."""
        return bool(self.nr_conns > self.worker_connections - SPARE_CONNECTIONS)

    def murder_pending(self) -> None:
        """Close connections past their deadline and, where the worker is crowded, the oldest."""
        now = time.monotonic()
        self._lingering.give_up(now)
        self._flushing.give_up(now)
        if now >= self._next_expiry:
            self._next_expiry = now + EXPIRY_INTERVAL
            for conn in self._unfinished.late(now):
                self._finish(conn, conn.expire())
        # WHY: in a crowded worker each answer ends its connection and says so. Otherwise, new
        # connections would wait for as long as the old ones have requests.
        self.max_keepalived = 0 if self._crowded else self.worker_connections
        # WHY: a connection that has just sent bytes is not silent, so each is tried once at most.
        for _ in range(len(self._unfinished) + len(self.keepalived_conns)):
            if not self._crowded:
                break
            self._close_oldest()

    def _close_idle(self, conn: Connection) -> None:
        """Close an idle connection, or answer the request that has just arrived on it."""
        self.poller.unregister(conn.sock)
        self._dispatch(conn, conn.advance())

    def _cap_keepalive(self, deadline: float) -> None:
        """Give silent connections until `deadline`, so that they do not delay a worker's end."""
        super()._cap_keepalive(deadline)
        self._unfinished.cap_timeouts(deadline)

    def on_client_socket_readable(self, conn: Connection, client: Any) -> None:
        """Receive the next request of a connection that was kept alive."""
        self.keepalived_conns.remove(conn)
        # WHY: nearly all requests come in one piece, and need no entry in the table.
        step = self._within_memory(conn, conn.advance())
        if step is Step.MORE:
            self.poller.modify(client, conn.events, partial(self._advance, conn))
            self._evict(self._unfinished.add(conn))
            return
        self.poller.unregister(client)
        self._dispatch(conn, step)

    def enqueue_req(self, conn: Connection) -> None:
        """Queue a whole request for a thread, and note the time."""
        conn.queued_at = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Connection) -> Any:
        """Answer a request in a thread of the pool; returns whether to keep the connection."""
        note_wait(time.monotonic() - conn.queued_at)
        keep_alive = super().handle(conn)
        if self.nr % MEMORY_CHECK_INTERVAL == 0 and self.alive and resident() > MAX_MEMORY:
            logger.warning("a worker ends, and another begins: it holds too much memory")
            self.alive = False
        return keep_alive

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer invalid HTTP, and a failure; log the kind alone."""
        refuse(client, exc)

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """Await the next request of a connection that was answered, or end it."""
        self._unfinished.release(conn)
        if conn.has_unsent:
            self._flushing.begin(conn, partial(self.finish_request, conn, fs))
            return
        if fs.cancelled() or fs.exception() is not None or not fs.result():
            self._lingering.begin(conn)
            return
        remainder = conn.take_remainder()
        conn.await_request(remainder)
        if not remainder:
            super().finish_request(conn, fs)
            return
        conn.sock.setblocking(False)
        self._await(conn)
        step = self._within_memory(conn, conn.resume())
        if step is not Step.MORE:
            self._finish(conn, step)


def _empty(pipe: int) -> None:
    """Read what a pipe holds: a byte for each signal."""
    os.read(pipe, 4096)
