"""Limits the running requests of one process: of each key, and of all keys together.

A request holds a thread until its answer is sent, so the slow lists of one key could hold all.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

from werkzeug.wsgi import ClosingIterator

from gpd_soap.api import problems
from gpd_soap.api.body_size import BodySizes
from gpd_soap.api.pages import PRIVATE
from gpd_soap.wsgi.http import Environ, StartResponse, Wsgi

#: LIMIT: 0.1 s of waiting for a slot: quick requests end within it, and the thread is not wasted.
MAX_WAIT = 0.1
RETRY_AFTER = {"Retry-After": "1"}

#: Key of the list of slots that a request holds, in its environment.
_SLOTS = "gpd_soap.slots"
_ALL_KEYS = "face"


class Limits(NamedTuple):
    """Upper bounds; 0 is no bound.

    `rate` is the requests of a key in ten seconds.  `face` and `key` are the running requests in a
    process, of all keys and of one key.  `wait` is the seconds until a request is refused.
    `wrong_keys` are the wrong keys of an address in a minute, `sizes` the bytes of a body.
    """

    rate: int = 0
    face: int = 0
    key: int = 0
    wait: float = MAX_WAIT
    wrong_keys: int = 0
    sizes: BodySizes = BodySizes()


class Concurrency:
    """The slots of one process: a pool for all keys together, and a pool for each key."""

    def __init__(self, limits: Limits) -> None:
        """Use `limits` for the number of slots and the time that a request waits for one."""
        self.limits = limits
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    def bound(self, api: Wsgi, exempt: Collection[str]) -> Wsgi:
        """Returns the application with a slot for each request; paths in `exempt` need none."""

        def bounded(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            slots: list[str] = []
            if environ.get("PATH_INFO") in exempt:
                return api(environ, start_response)
            if not self._take(_ALL_KEYS, self.limits.face, slots):
                return _refuse(start_response)
            environ[_SLOTS] = slots
            try:
                response = api(environ, start_response)
            except BaseException:
                self._release(slots)
                raise
            # WHY: a slow reader of the answer holds the thread too, so the slots are freed last.
            return ClosingIterator(response, lambda: self._release(slots))

        return bounded

    def take_for_key(self, key_id: str, environ: Environ) -> bool:
        """Takes a slot of the key until the answer is sent.  Returns False if none becomes free."""
        slots = environ.get(_SLOTS)
        return slots is None or self._take(f"key {key_id}", self.limits.key, slots)

    def _take(self, pool: str, size: int, slots: list[str]) -> bool:
        if not size:
            return True
        with self._changed:
            if not self._changed.wait_for(lambda: self._taken[pool] < size, self.limits.wait):
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
    content = json.dumps(problems.SERVER_BUSY.body()).encode()
    headers = {
        "Content-Type": problems.CONTENT_TYPE,
        "Content-Length": str(len(content)),
        **PRIVATE,
        **RETRY_AFTER,
    }
    start_response("429 Too Many Requests", [*headers.items()])
    return [content]
