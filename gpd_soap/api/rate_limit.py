"""How many requests a key may make: a bucket for each, which fills as fast as time goes by."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import NamedTuple

SECONDS = 10


class Bucket(NamedTuple):
    """What a key may still ask, and as of when."""

    left: float
    at: datetime


def drawn(bucket: Bucket | None, most: int, now: datetime) -> tuple[Bucket, float]:
    """The bucket after one more request, and the seconds to wait: none where it was allowed.

    A full bucket holds `most` requests and is filled in `SECONDS`.
    """
    left = float(most)
    if bucket is not None:
        passed = max(0.0, (now - bucket.at).total_seconds())
        left = min(left, bucket.left + passed * most / SECONDS)
    if left < 1:
        return Bucket(left, now), (1 - left) * SECONDS / most
    return Bucket(left - 1, now), 0.0


class RateLimit:
    """The buckets of the keys that were seen.  LIMIT: each process has its own."""

    def __init__(self, most: int) -> None:
        """`most` requests in `SECONDS` for each key; 0 lets everything pass."""
        self._most = most
        self._buckets: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def wait(self, key_id: str, now: datetime) -> float:
        """The seconds after which a key may ask again; 0 where it may ask now."""
        if not self._most:
            return 0.0
        with self._lock:
            bucket, seconds = drawn(self._buckets.get(key_id), self._most, now)
            self._buckets[key_id] = bucket
        return seconds
