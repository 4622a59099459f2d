"""Which face each worker serves, and how a worker learns that its master is gone.

Each face has processes of its own, so that requests to one face never take a thread or the
interpreter from the other.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from gunicorn.arbiter import Arbiter


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
    """gunicorn's master; the settings alone decide its number of workers."""

    def handle_ttin(self) -> None:
        """Log a warning and do nothing: no face lacks the worker that would be added."""
        self.log.warning("SIGTTIN ignored: GPD_WORKERS and a reload change the number of workers")

    def handle_ttou(self) -> None:
        """Log a warning and do nothing: the oldest worker may be the only one of its face."""
        self.log.warning("SIGTTOU ignored: GPD_WORKERS and a reload change the number of workers")
