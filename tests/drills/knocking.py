"""Clients that call a server while it is struck, each time over a new connection."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Self

import requests

from tests.drills.watching import VERIFY, XML, outcome_of

CLIENTS = 4
#: LIMIT: 15 s for an answer; the Node waits no longer for its slowest request.
PATIENCE = 15.0
#: Seconds that a client waits before its next attempt where nothing listens.
PAUSE = 0.1
TIMEOUT, CUT, NOBODY = "no answer", "cut off", "nobody listens"


class Knocking:
    """Clients that verify the same notice again and again, and how each attempt ended."""

    def __init__(self, node: str, connect: Callable[[], requests.Session]) -> None:
        self._url, self._connect = f"{node}/partner", connect
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._knock, daemon=True) for _ in range(CLIENTS)]
        self.ends: Counter[str] = Counter()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, answers: int) -> None:
        """Return when this many more attempts have ended, or after `PATIENCE` seconds."""
        deadline, until = time.monotonic() + PATIENCE, self.ends.total() + answers
        while self.ends.total() < until and time.monotonic() < deadline:
            time.sleep(0.005)

    def _knock(self) -> None:
        while not self._over.is_set():
            end = self._ask()
            with self._lock:
                self.ends[end] += 1
            if end == NOBODY:
                self._over.wait(PAUSE)

    def _ask(self) -> str:
        try:
            with self._connect() as session:
                answer = session.post(self._url, VERIFY, headers=XML, timeout=PATIENCE)
        except requests.Timeout:
            return TIMEOUT
        except requests.RequestException as error:
            return NOBODY if "Errno 111" in str(error) else CUT
        return outcome_of(answer)
