"""How many requests a key, and all callers together, may have under way in one process.

A request holds a thread until its answer is sent, so one reader's slow lists could hold them all.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

from werkzeug.wsgi import ClosingIterator

from gpd_soap.api import problems
from gpd_soap.wsgi.http import Environ, StartResponse, Wsgi

#: LIMIT: seconds; quick requests end within it, and a thread is held no longer for nothing.
MAX_WAIT = 0.1
RETRY_AFTER = {"Retry-After": "1"}

#: Where the slots that a request holds stand in its environment.
_SLOTS = "gpd_soap.slots"
_FACE = "face"


class Limits(NamedTuple):
    """What is taken at most: each 0 is any number.

    `rate` is how many requests a key may make in ten seconds; `face` and `key` are how many may be
    under way in a process, of everybody and of one key; `wait` is seconds until one is refused.
    """

    rate: int = 0
    face: int = 0
    key: int = 0
    wait: float = MAX_WAIT


class Concurrency:
    """The slots of one process: one pool for the face, and one for each key."""

    def __init__(self, limits: Limits) -> None:
        """Take how many slots there are, and how long a request waits for one."""
        self._limits = limits
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    def bound(self, api: Wsgi, exempt: Collection[str]) -> Wsgi:
        """Return the application behind the face's slots; the paths in `exempt` need none."""

        def bounded(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            slots: list[str] = []
            if environ.get("PATH_INFO") in exempt:
                return api(environ, start_response)
            if not self._take(_FACE, self._limits.face, slots):
                return _refuse(start_response)
            environ[_SLOTS] = slots
            try:
                answer = api(environ, start_response)
            except BaseException:
                self._release(slots)
                raise
            # WHY: a slow reader of the answer holds the thread too, so the slots are freed last.
            return ClosingIterator(answer, lambda: self._release(slots))

        return bounded

    def take_for_key(self, key_id: str, environ: Environ) -> bool:
        """Take one of the key's slots until the answer is sent; False if none becomes free."""
        slots = environ.get(_SLOTS)
        return slots is None or self._take(f"key {key_id}", self._limits.key, slots)

    def _take(self, pool: str, size: int, slots: list[str]) -> bool:
        if not size:
            return True
        with self._changed:
            if not self._changed.wait_for(lambda: self._taken[pool] < size, self._limits.wait):
                return False
            self._taken[pool] += 1
        slots.append(pool)
        return True

    def _release(self, slots: list[str]) -> None:
        with self._changed:
            while slots:
                pool = slots.pop()
                self._taken[pool] -= 1
                if not self._taken[pool]:
                    del self._taken[pool]
            self._changed.notify_all()


def _refuse(start_response: StartResponse) -> list[bytes]:
    content = json.dumps(problems.FACE_BUSY.body()).encode()
    headers = {
        "Content-Type": problems.KIND,
        "Content-Length": str(len(content)),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        **RETRY_AFTER,
    }
    start_response("429 Too Many Requests", [*headers.items()])
    return [content]
