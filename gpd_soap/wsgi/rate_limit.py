"""Limits the requests of each key, operator or address by a token bucket, which refills."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import NamedTuple

#: LIMIT: 10 s in which a full bucket refills.
SECONDS = 10
#: LIMIT: buckets of a process, some 3 MB; the one that was used least lately is forgotten.
MOST_BUCKETS = 10_000


class Bucket(NamedTuple):
    """The requests that a key has left at an instant."""

    left: float
    updated_at: datetime


def drawn(bucket: Bucket | None, most: int, now: datetime) -> tuple[Bucket, float]:
    """Returns the bucket after one more request, and the seconds to wait: 0 if it is allowed.

    A full bucket holds `most` requests, and refills in `SECONDS`.
    """
    left = float(most)
    if bucket is not None:
        passed = max(0.0, (now - bucket.updated_at).total_seconds())
        left = min(left, bucket.left + passed * most / SECONDS)
    if left < 1:
        return Bucket(left, now), (1 - left) * SECONDS / most
    return Bucket(left - 1, now), 0.0


class RateLimit:
    """The buckets of all who are limited.  LIMIT: each process has its own."""

    def __init__(self, most: int) -> None:
        """Allow each key `most` requests in `SECONDS`; 0 is no limit."""
        self._most = most
        self._buckets: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def wait(self, key_id: str, now: datetime) -> float:
        """Returns the seconds until a key may make a request; 0 if it may now."""
        if not self._most:
            return 0.0
        with self._lock:
            bucket, seconds = drawn(self._buckets.pop(key_id, None), self._most, now)
            self._buckets[key_id] = bucket
            if len(self._buckets) > MOST_BUCKETS:
                del self._buckets[next(iter(self._buckets))]
        return seconds
