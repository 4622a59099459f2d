"""Waiting so long and no longer for what may never answer, a database that hangs say."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


class Within:
    """Does one thing at a time, each in a thread of its own, and waits for it for some seconds.

    While one hangs, another is not begun: a thing that hangs for ever costs one thread.
    """

    def __init__(self, seconds: float) -> None:
        """Remember how long; start nothing, so that a process may still fork."""
        self._seconds = seconds
        self._free = threading.Lock()

    def __call__(self, work: Callable[[], T]) -> T:
        """Give what it gives and raise what it raises; TimeoutError where that takes too long."""
        deadline = monotonic() + self._seconds
        if not self._free.acquire(timeout=self._seconds):
            raise TimeoutError
        future: Future[T] = Future()
        # WHY: a daemon, so that what hangs does not keep the process from ending.
        threading.Thread(target=self._do, args=(work, future), daemon=True).start()
        return future.result(max(deadline - monotonic(), 0))

    def _do(self, work: Callable[[], T], future: Future[T]) -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  # raised again by whoever waits
            future.set_exception(error)
        finally:
            self._free.release()
