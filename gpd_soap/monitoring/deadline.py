"""A time limit for work that may never end, such as a query of a database that hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


class Within:
    """Runs one piece of work at a time in a thread, and waits for it for some seconds.

    While one hangs, no other is begun, so that work that hangs for ever costs one thread.
    """

    def __init__(self, seconds: float) -> None:
        """`seconds` is the limit; no thread starts here, so that a process may still fork."""
        self._seconds = seconds
        self._free = threading.Lock()

    def __call__(self, work: Callable[[], T]) -> T:
        """The result of `work`.

        Raises what `work` raises, and TimeoutError if it takes too long.
        """
        deadline = monotonic() + self._seconds
        if not self._free.acquire(timeout=self._seconds):
            raise TimeoutError
        future: Future[T] = Future()
        # WHY: work that hangs must not keep the process from ending, so its thread is a daemon.
        threading.Thread(target=self._do, args=(work, future), daemon=True).start()
        return future.result(max(deadline - monotonic(), 0))

    def _do(self, work: Callable[[], T], future: Future[T]) -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits
            future.set_exception(error)
        finally:
            self._free.release()
