"""The metrics on a listener of their own, without a key: for a network of Prometheus alone.

Whoever reaches this listener reads totals, and nothing of an organization or a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gpd_soap.monitoring.deadline import Within
from gpd_soap.store import statistics
from gpd_soap.store.database.transaction import Unavailable
from gpd_soap.store.statistics import UNREACHABLE, Figures
from gpd_soap.store.store import Store
from gpd_soap.wsgi.http import LIVE, READY, Environ, Ready, StartResponse, answer, health

METRICS = "/metrics"
#: LIMIT: 3 s for the figures; Prometheus waits 10 s for the answer.
SECONDS = 3.0
#: The text format that every version of Prometheus reads.
KIND = "text/plain; version=0.0.4"

#: Writes the metrics, given the figures of the store.
Text = Callable[[Figures], bytes]


class MetricsFace:
    """Answers a scrape and the health checks, and nothing else."""

    def __init__(self, store: Store, text: Text, ready: Ready) -> None:
        """`text` writes the metrics; `ready` returns the facts of our health."""
        self._store, self._text, self._ready = store, text, ready
        self._within = Within(SECONDS)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; the metrics come even while the database is unreachable."""
        path = environ.get("PATH_INFO")
        if path in (LIVE, READY):
            return health(self._ready, environ, start_response)
        if path != METRICS:
            return answer(start_response, "404 Not Found")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return answer(start_response, "405 Method Not Allowed", allow="GET, HEAD")
        return answer(start_response, "200 OK", self._text(self._figures()), KIND)

    def _figures(self) -> Figures:
        try:
            return self._within(lambda: statistics.read(self._store))
        except (Unavailable, TimeoutError):
            return UNREACHABLE
