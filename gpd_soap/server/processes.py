"""Which face each worker serves, and how a worker learns that its master is gone.

Each face has processes of its own, so that what one of them has to do never takes a thread of the
other, or its interpreter.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from gunicorn.arbiter import Arbiter


class Lifeline:
    """A pipe that nobody writes to: its reading end tells a worker that the master has ended."""

    def __init__(self) -> None:
        """Open it, in the master."""
        self._reading, self._writing = os.pipe()

    def fileno(self) -> int:
        """What a worker waits on, until it is at its end."""
        return self._reading

    def leave_to_master(self) -> None:
        """Close a worker's copy of what the master holds open."""
        os.close(self._writing)


class Roles:
    """How many processes each face has, by its listener's name."""

    def __init__(self, quotas: Mapping[str, int]) -> None:
        """Take the number of processes of each listener."""
        self._quotas = dict(quotas)

    @property
    def processes(self) -> int:
        """All of them."""
        return sum(self._quotas.values())

    def assign(self, arbiter: Any, worker: Any) -> None:
        """Choose a face for the next worker: the one that misses most of its processes."""
        # WHY: after a reload the workers before it still answer, and count for nothing.
        taken = [each.listener for each in arbiter.WORKERS.values() if each.roles is self]
        worker.roles = self
        worker.listener = max(self._quotas, key=lambda name: self._quotas[name] - taken.count(name))
        doors = {name_of_socket(door.getsockname()): door for door in arbiter.LISTENERS}
        worker.sockets = [doors.pop(worker.listener)]
        worker.others = list(doors.values())


def name_of_socket(address: Any) -> str:
    """A listening socket's name: its path, or its port."""
    return address if isinstance(address, str) else str(address[1])


def name_of_bind(bind: str) -> str:
    """The name of the socket that is bound to this address."""
    return bind.removeprefix("unix:") if bind.startswith("unix:") else bind.rpartition(":")[2]


class Master(Arbiter):
    """gunicorn's master, whose number of workers the settings alone say."""

    def handle_ttin(self) -> None:
        """Do nothing: one worker more would have no face that misses it."""
        self.log.warning("SIGTTIN ignored: GPD_WORKERS and a reload change the number of workers")

    def handle_ttou(self) -> None:
        """Do nothing: the oldest worker may be the only one of its face."""
        self.log.warning("SIGTTOU ignored: GPD_WORKERS and a reload change the number of workers")
