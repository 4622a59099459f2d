"""`/metrics`, for keys of every organization, even while the database is unreachable.

Totals would tell the holder of one organization's key about the others.
"""

from __future__ import annotations

from flask import Response

from gpd_soap.api.auth import presented
from gpd_soap.clock import Clock
from gpd_soap.monitoring.deadline import Within
from gpd_soap.monitoring.scrape import KIND, SECONDS, Text
from gpd_soap.store import statistics
from gpd_soap.store.access import keys
from gpd_soap.store.database.transaction import Unavailable
from gpd_soap.store.statistics import UNREACHABLE, Figures
from gpd_soap.store.store import Store
from gpd_soap.usecases.access.authentication import Authentication, Presented
from gpd_soap.usecases.access.rights import check_every_organization
from gpd_soap.usecases.refusals import Refusal

CONTENT_TYPE = f"{KIND}; charset=utf-8"


class Scrape:
    """Answers a scrape."""

    def __init__(
        self, store: Store, authenticate: Authentication, clock: Clock, text: Text
    ) -> None:
        """`text` writes the metrics, given the figures of the store."""
        self._store, self._authenticate, self._clock = store, authenticate, clock
        self._text = text
        # The limit holds for the key and the figures together.
        self._within = Within(SECONDS)
        self._admitted: set[str] = set()

    def __call__(self) -> Response:
        """Returns the metrics.  Raises a refusal without a key of every organization."""
        key = presented()
        try:
            figures = self._within(lambda: self._read(key))
        except (Unavailable, TimeoutError):
            # WHY: Prometheus must see that the database is unreachable.  LIMIT: a key that was
            # revoked meanwhile is accepted then, for these figures alone.
            if keys.digest(key.token) not in self._admitted:
                raise
            figures = UNREACHABLE
        return Response(
            self._text(figures), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"}
        )

    def _read(self, presented: Presented) -> Figures:
        digest = keys.digest(presented.token)
        try:
            key = self._authenticate(presented, self._clock())
        except Refusal:
            self._admitted.discard(digest)
            raise
        check_every_organization(key)
        self._admitted.add(digest)
        return statistics.read(self._store)
