"""`/metrics`, for keys of every organization, even while the database is unreachable.

Totals would tell the holder of one organization's key about the others.
"""

from __future__ import annotations

from flask import Response

from gpd_soap.api import problems
from gpd_soap.api.auth import authenticate, presented_key
from gpd_soap.api.problems import Refused
from gpd_soap.monitoring.deadline import Within
from gpd_soap.monitoring.scrape import KIND, SECONDS, Text
from gpd_soap.store import statistics
from gpd_soap.store.access import keys
from gpd_soap.store.database.transaction import Unavailable
from gpd_soap.store.statistics import UNREACHABLE, Figures
from gpd_soap.store.store import Store

CONTENT_TYPE = f"{KIND}; charset=utf-8"


class Scrape:
    """Answers a scrape."""

    def __init__(self, store: Store, text: Text) -> None:
        """`text` writes the metrics, given the figures of the store."""
        self._store, self._text = store, text
        # The limit holds for the key and the figures together.
        self._within = Within(SECONDS)
        self._admitted: set[str] = set()

    def __call__(self) -> Response:
        """Returns the metrics.  Raises Refused without a key of every organization."""
        token = presented_key()
        try:
            figures = self._within(lambda: self._read(token))
        except (Unavailable, TimeoutError):
            # WHY: Prometheus must see that the database is unreachable.  LIMIT: a key that was
            # revoked meanwhile is accepted then, for these figures alone.
            if keys.digest(token) not in self._admitted:
                raise
            figures = UNREACHABLE
        return Response(
            self._text(figures), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"}
        )

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
        return statistics.read(self._store)
