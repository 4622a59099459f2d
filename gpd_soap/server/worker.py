"""The process that answers: gunicorn's threads, which no client can hold by sending slowly.

The main thread takes connections and lets requests arrive; a thread of the pool has one only while
it is answered.
"""

from __future__ import annotations

import errno
import logging
import select
import selectors
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from gpd_soap.server.arriving import Connection, Step
from gpd_soap.server.lingering import Flushing, Lingering
from gpd_soap.server.memory import resident
from gpd_soap.server.queue_timeout import note_wait
from gpd_soap.server.unfinished import Unfinished

#: LIMIT: what each connection that a worker has makes it wait before it takes another.
TURN_SECONDS, MOST_TURNS = 20e-6, 25
#: LIMIT: unfinished requests beyond which a worker takes connections without that wait.
FLOOD = 64
#: LIMIT: connections that silent ones give way for, before there are as many as gunicorn takes.
SPARE_CONNECTIONS = 16
#: LIMIT: steps of handshakes in a turn of the main loop, about 1 ms of computing each. Those beyond
#: come in the next turn, after the requests and the answers of this one.
MAX_HANDSHAKE_STEPS = 8
#: LIMIT: seconds between two looks at what is late.
EXPIRY_INTERVAL = 0.25
#: What `accept` fails with where the system has no room for another connection.
NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

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


class Worker(ThreadWorker):
    """gunicorn's thread worker for one face, whose threads never wait for a client."""

    alive: bool
    #: The listener whose face this worker serves, by name, and those of the other faces.
    listener: str
    others: Sequence[Any]

    def init_process(self) -> None:
        """Prepare the process, and serve until told to stop."""
        self.app.lifeline.leave_to_master()
        for door in self.others:
            door.close()
        super().init_process()

    def load_wsgi(self) -> None:
        """Take the face that this worker serves."""
        self.wsgi = self.app.face(self.listener)

    def run(self) -> None:
        """Answer until told to stop, or until the master is gone."""
        self._unfinished = Unfinished(self.app.proxies)
        self._lingering = Lingering(self.poller, self._close)
        self._flushing = Flushing(self.poller, self._close)
        self._handshake_steps, self._next_expiry = 0, 0.0
        # WHY: gunicorn looks for its parent once a turn; an idle worker has one turn a second.
        self.poller.register(self.app.lifeline, selectors.EVENT_READ, self._lose_parent)
        super().run()

    def _lose_parent(self, lifeline: Any) -> None:
        self.poller.unregister(lifeline)
        log.warning("a worker stops: its master is gone")
        self.alive = False

    def is_parent_alive(self) -> bool:
        """Whether the master lives; without it the worker stops as it does when told to."""
        # WHY: gunicorn would take no more connections, and yet hold the port and keep the others
        # alive for as long as a stop may last.
        self.alive = self.alive and bool(super().is_parent_alive())
        return self.alive

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

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Make one turn of the main loop."""
        self._handshake_steps = 0
        super().wait_for_and_dispatch_events(self._lingering.seconds_left(timeout))

    def accept(self, door: Any) -> None:
        """Take a connection; it costs a thread once its request is whole, and not before."""
        # WHY: a connection that is kept alive stays with who took it, and who is quickest would
        # take them all; so whoever has more waits a little for whoever has fewer.  In a flood of
        # silent ones all workers have more than enough, and who waits is waited for.
        if not self._crowded and len(self._unfinished) < FLOOD:
            time.sleep(min(self.nr_conns, MOST_TURNS) * TURN_SECONDS)
        try:
            sock, client = door.accept()
        except OSError as error:
            # WHY: Linux also reports here what went wrong on a connection that was never taken.
            if error.errno in NO_ROOM:
                self._make_room()
            return
        self.nr_conns += 1
        conn = Connection(self.cfg, sock, client, door.getsockname(), self.app.max_body)
        conn.context = self.app.secured.get(self.listener)
        conn.set_timeout()
        self._await(conn)

    def _await(self, conn: Connection) -> None:
        """Let a request arrive, which is not there yet."""
        self.poller.register(conn.sock, conn.events, partial(self._advance, conn))
        self._give_way(self._unfinished.add(conn))

    def _advance(self, conn: Connection, _sock: Any = None) -> None:
        """Take what has come on a connection."""
        # WHY: one that gave way in this turn may have an event in it still.
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
        """The step of a connection that holds more than before, where there is room for it."""
        loser = self._unfinished.hold(conn)
        if loser is conn:
            return Step.END
        if loser is not None:
            self._finish(loser, Step.END)
        return step

    def _finish(self, conn: Connection, step: Step) -> None:
        """Await a connection's request no more: it is whole, or will not be."""
        self.poller.unregister(conn.sock)
        self._unfinished.remove(conn)
        self._hand_on(conn, step)

    def _hand_on(self, conn: Connection, step: Step) -> None:
        if step is Step.THREAD:
            self.enqueue_req(conn)
        else:
            self._close(conn)

    def _close(self, conn: Connection) -> None:
        self._unfinished.release(conn)
        self.nr_conns -= 1
        conn.close()

    def _give_way(self, conn: Connection | None) -> None:
        """Close an unfinished connection, if there is one, or answer what it has just sent."""
        if conn is not None:
            step = Step.END if conn.is_in_handshake else conn.advance()
            self._finish(conn, Step.END if step is Step.MORE else step)

    def _make_room(self) -> None:
        """Close the connection that has sent nothing for longest."""
        if self._unfinished:
            self._give_way(self._unfinished.oldest())
        elif self.keepalived_conns:
            self._send_away(self.keepalived_conns.popleft())

    @property
    def _crowded(self) -> bool:
        """Whether room is short."""
        return bool(self.nr_conns > self.worker_connections - SPARE_CONNECTIONS)

    def murder_pending(self) -> None:
        """Close what is late; where room is short, what has waited for longest."""
        now = time.monotonic()
        self._lingering.give_up(now)
        self._flushing.give_up(now)
        if now >= self._next_expiry:
            self._next_expiry = now + EXPIRY_INTERVAL
            for conn in self._unfinished.late(now):
                self._finish(conn, conn.expire())
        # WHY: where room is short an answer ends its connection, and says so, or those who stand
        # at the door would wait for as long as others have something to ask.
        self.max_keepalived = 0 if self._crowded else self.worker_connections
        # WHY: all are looked at once at most, for who has just spoken is silent no more.
        for _ in range(len(self._unfinished) + len(self.keepalived_conns)):
            if not self._crowded:
                break
            self._make_room()

    def _send_away(self, conn: Connection) -> None:
        """Close an idle connection; one that has spoken since is answered."""
        self.poller.unregister(conn.sock)
        self._hand_on(conn, conn.advance())

    def _cap_keepalive(self, deadline: float) -> None:
        """When the worker leaves, what says nothing does not hold it back."""
        super()._cap_keepalive(deadline)
        self._unfinished.hurry(deadline)

    def on_client_socket_readable(self, conn: Connection, client: Any) -> None:
        """Let the next request of a connection arrive."""
        self.keepalived_conns.remove(conn)
        # WHY: nearly all come in one piece, and need no entry in the table.
        step = self._within_memory(conn, conn.advance())
        if step is Step.MORE:
            self.poller.modify(client, conn.events, partial(self._advance, conn))
            self._give_way(self._unfinished.add(conn))
            return
        self.poller.unregister(client)
        self._hand_on(conn, step)

    def enqueue_req(self, conn: Connection) -> None:
        """Note when a request stood in line."""
        conn.queued_at = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Connection) -> Any:
        """Take a request in hand, in a thread of the pool."""
        note_wait(time.monotonic() - conn.queued_at)
        kept = super().handle(conn)
        if self.nr % BETWEEN == 0 and self.alive and resident() > MOST_MEMORY:
            log.warning("a worker ends, and another begins: it holds too much memory")
            self.alive = False
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

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """Go on with a connection whose request was answered, or end it."""
        self._unfinished.release(conn)
        if conn.has_unsent:
            self._flushing.begin(conn, partial(self.finish_request, conn, fs))
            return
        if fs.cancelled() or fs.exception() is not None or not fs.result():
            self._lingering.begin(conn)
            return
        rest = conn.take_rest()
        conn.await_request(rest)
        if not rest:
            super().finish_request(conn, fs)
            return
        conn.sock.setblocking(False)
        self._await(conn)
        step = self._within_memory(conn, conn.resume())
        if step is not Step.MORE:
            self._finish(conn, step)
