"""The background work of one process: loops on threads of their own, begun and stopped together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from gpd_soap.store.database.database import Database
from gpd_soap.store.events.numbering import number_all

#: LIMIT: 0.1 s between two looks for events without a number, 5 s after the database failed.
PAUSE, PAUSE_AFTER_FAILURE = 0.1, 5.0
#: LIMIT: 5 s for the loops to end; what they do then is repeated by another process.
STOP_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Loop(Protocol):
    """Work that goes on until it is stopped."""

    def run(self, stopped: threading.Event) -> None:
        """Works until `stopped` is set."""


class Numbering:
    """Numbers the events of every organization soon after their commit."""

    def __init__(self, database: Database) -> None:
        """Takes the database; any number of processes may number."""
        self._database = database

    def run(self, stopped: threading.Event) -> None:
        """Numbers until `stopped`."""
        while not stopped.is_set():
            pause = PAUSE
            try:
                number_all(self._database)
            except Exception as error:  # noqa: BLE001  # WHY: work goes on after any failure
                logger.warning("no events can be numbered now: %s", type(error).__name__)
                pause = PAUSE_AFTER_FAILURE
            stopped.wait(pause)


class Background:
    """The loops of a process."""

    def __init__(self, make: Callable[[], Sequence[Loop]]) -> None:
        """`make` returns the loops; it is called at the start, after a server has forked."""
        self._make = make
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begins each loop on a thread."""
        self._stopped = threading.Event()
        self._threads = [
            # WHY: a process must be able to end although a loop does not.
            threading.Thread(
                target=each.run, args=[self._stopped], name=type(each).__name__, daemon=True
            )
            for each in self._make()
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stops the loops, and waits STOP_SECONDS at most for their end."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def wait(self) -> None:
        """Returns when the loops have ended."""
        for thread in self._threads:
            thread.join()
