"""Which face each worker serves, and how a worker learns that its master is gone.

Each face has processes of its own, so that requests to one face never take a thread or the
interpreter from the other.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from gunicorn.arbiter import Arbiter

from gpd_soap.server import signals


class MasterPipe:
    """A pipe that nobody writes to; its reading end becomes readable when the master has ended."""

    def __init__(self) -> None:
        """Open the pipe, in the master."""
        self._reading, self._writing = os.pipe()

    def fileno(self) -> int:
        """The reading end, which a worker's poller watches."""
        return self._reading

    def close_writing_end(self) -> None:
        """Close a worker's copy of the writing end, which the master alone must hold."""
        os.close(self._writing)


class Roles:
    """How many processes each face has, by its listener's name."""

    def __init__(self, quotas: Mapping[str, int]) -> None:
        """`quotas` is the number of processes of each listener."""
        self._quotas = dict(quotas)

    @property
    def processes(self) -> int:
        """The number of processes of all faces together."""
        return sum(self._quotas.values())

    def assign(self, arbiter: Any, worker: Any) -> None:
        """Give the next worker the face that lacks most of its processes."""
        # WHY: after a reload the old workers still finish their requests, and must not count.
        taken = [each.listener for each in arbiter.WORKERS.values() if each.roles is self]
        worker.roles = self
        worker.listener = max(self._quotas, key=lambda name: self._quotas[name] - taken.count(name))
        listeners = {name_of_socket(each.getsockname()): each for each in arbiter.LISTENERS}
        worker.sockets = [listeners.pop(worker.listener)]
        worker.other_listeners = list(listeners.values())


def name_of_socket(address: Any) -> str:
    """The name of a listening socket: its path, or its port."""
    return address if isinstance(address, str) else str(address[1])


def name_of_bind(bind: str) -> str:
    """The name of the socket that is bound to this address."""
    return bind.removeprefix("unix:") if bind.startswith("unix:") else bind.rpartition(":")[2]


class Master(Arbiter):
    """gunicorn's master; the settings alone decide its number of workers.

    No signal is lost while it forks, and a stop does not wait for a start or a reload.
    """

    _stop: int | None = None
    _is_reloading = False

    def init_signals(self) -> None:
        """Handle signals, those that came during the start included."""
        super().init_signals()
        signals.release()

    def signal(self, sig: int, frame: Any) -> None:
        """Queue a signal; remember one that stops the server."""
        super().signal(sig, frame)
        if sig in signals.STOPS:
            self._stop = sig

    def spawn_worker(self) -> Any:
        """Fork a worker, which gets every signal that is sent to it."""
        # WHY: gunicorn starts all workers before it looks at its signals, and waits between two.
        self._obey_stop()
        with signals.held():
            return super().spawn_worker()

    def reap_workers(self) -> None:
        """Note the workers that have ended."""
        super().reap_workers()
        # WHY: after a reload, gunicorn waits for the old workers and looks at no signal meanwhile.
        if self._is_reloading:
            self._obey_stop()

    def reload(self) -> None:
        """Replace every worker."""
        self._is_reloading = True
        try:
            super().reload()
        finally:
            self._is_reloading = False

    def reexec(self) -> None:
        """Start a new master beside this one; if it cannot start, this one serves on."""
        try:
            with signals.held():
                super().reexec()
        except OSError:
            if os.getpid() == self.pid:
                raise
            # WHY: gunicorn would go on as a second master and stop the workers of the first.
            os._exit(1)

    def handle_ttin(self) -> None:
        """Log a warning and do nothing: no face lacks the worker that would be added."""
        self.log.warning("SIGTTIN ignored: GPD_WORKERS and a reload change the number of workers")

    def handle_ttou(self) -> None:
        """Log a warning and do nothing: the oldest worker may be the only one of its face."""
        self.log.warning("SIGTTOU ignored: GPD_WORKERS and a reload change the number of workers")

    def _obey_stop(self) -> None:
        """Raises StopIteration, at which gunicorn stops, if a signal has come that stops it."""
        if self._stop in signals.QUICK_STOPS:
            # WHY: gunicorn looks for a quick stop in its queue, and may have taken it out already.
            self.SIG_QUEUE.put_nowait(self._stop)
        if self._stop is not None:
            raise StopIteration
