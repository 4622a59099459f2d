"""`/metrics`, for whoever shows a key of every organization, even while the database is away.

Totals would tell the holder of one organization's key about the others.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Response

from gpd_soap.api import problems
from gpd_soap.api.auth import authenticate, presented_key
from gpd_soap.api.problems import Refused
from gpd_soap.monitoring.deadline import Within
from gpd_soap.store import statistics as figures
from gpd_soap.store.access import keys
from gpd_soap.store.database.transaction import Unavailable
from gpd_soap.store.statistics import UNREACHABLE, Figures
from gpd_soap.store.store import Store

#: LIMIT: for the key and the figures together; Prometheus waits ten seconds for everything.
SECONDS = 3.0
#: Prometheus' text, which every version of it reads.
KIND = "text/plain; version=0.0.4; charset=utf-8"

Text = Callable[[Figures], bytes]


class Scrape:
    """Answers a scrape."""

    def __init__(self, store: Store, text: Text) -> None:
        """`text` writes everything out, given what the store counts."""
        self._store, self._text = store, text
        self._within = Within(SECONDS)
        self._admitted: set[str] = set()

    def __call__(self) -> Response:
        """Say everything; Refused without a key that is for every organization."""
        token = presented_key()
        try:
            found = self._within(lambda: self._read(token))
        except (Unavailable, TimeoutError):
            # WHY: that the database is away is what a Prometheus is there to see.  LIMIT: a key
            # that was revoked since is then taken for one that works, for these counts alone.
            if keys.digest(token) not in self._admitted:
                raise
            found = UNREACHABLE
        return Response(self._text(found), content_type=KIND, headers={"Cache-Control": "no-store"})

    def _read(self, token: str) -> Figures:
        digest = keys.digest(token)
        try:
            key = authenticate(self._store, token)
        except Refused:
            self._admitted.discard(digest)
            raise
        if not key.serves_every:
            raise Refused(problems.FORBIDDEN)
        self._admitted.add(digest)
        return figures.read(self._store)
