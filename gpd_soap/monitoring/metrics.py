"""What a Prometheus may know of us: exchanges as they happen, and figures of the store.

Labels have a few known values each, and never an organization, a notice or a person.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import Counter as Tally
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from operator import attrgetter
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from gpd_soap import __version__
from gpd_soap.core.exchange import NOT_GIVEN, ExchangeRecord
from gpd_soap.core.faults import PaaFault
from gpd_soap.soap.exchange import ACTIONS
from gpd_soap.store.statistics import Figures
from gpd_soap.wsgi.payment_options import OPERATION

#: What may be counted by its own name; whatever else there is counts as `other`.
OPERATIONS = frozenset({*ACTIONS, OPERATION})
FAULTS = frozenset(fault.code for fault in PaaFault)
OUTCOMES = frozenset({"OK", "KO", "Fault"})
OTHER, NONE = "other", "none"

#: SPEC: 2 s is the service level; after 7 s the Node gives up a question, after 15 s a receipt.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 7, 15)

#: What an exchange is counted by.
KIND = attrgetter("operation", "outcome", "fault")

#: Seconds in which exchanges gather.  LIMIT: so much of its last is not counted of a process that
#: is killed, and no scrape sees it before.
GATHER = 0.1


class Metrics:
    """Counts exchanges; the processes of a server count together in a folder, if there is one."""

    def __init__(self, folder: Path | None = None) -> None:
        """Without a folder, only this process is counted, by this object alone."""
        # WHY: what is written into a folder is collected from there, and would be told twice.
        registry = CollectorRegistry() if folder is None else None
        self._folder, self._registry = folder, registry
        labels = ("operation", "outcome", "fault")
        self._exchanges = Counter(
            "gpd_exchanges", "Exchanges with the Node.", labels, registry=registry
        )
        self._seconds = Histogram(
            "gpd_exchange_seconds",
            "How long the answers took.",
            ("operation",),
            registry=registry,
            buckets=SECONDS,
        )
        self.forget()
        _EVERY.add(self)

    def forget(self) -> None:
        """Begin with nothing: what a forked child holds is its parent's to count."""
        self._waiting: deque[ExchangeRecord] = deque()
        self._called, self._lock = False, threading.Lock()

    def tell(self, told: ExchangeRecord) -> None:
        """Count an exchange soon: a Witness, which waits for nothing."""
        self._waiting.append(told)
        if not self._called:
            self._called = True
            self._call()

    def _call(self) -> None:
        try:
            # WHY: no daemon, so that a process that ends waits until all is counted.
            threading.Timer(GATHER, self._count).start()
        except RuntimeError:
            # WHY: where there is no room for a thread now, there may be when the next is told.
            self._called = False

    def _count(self) -> None:
        """Count what waits.

        WHY: measured, together they take half of the time that they take one by one, and none of
        it before an answer.
        """
        self._called = False
        with self._lock:
            told = [self._waiting.popleft() for _ in range(len(self._waiting))]
            for kind, number in Tally(map(KIND, told)).items():
                self._exchanges.labels(*_labels(*kind)).inc(number)
            # WHY: the library looks a label up in as much time as the rest takes.
            seconds = cache(lambda operation: self._seconds.labels(_operation(operation)))
            for each in told:
                seconds(each.operation).observe(each.seconds)

    def text(self, figures: Figures, now: datetime) -> bytes:
        """Everything, in Prometheus' own format."""
        self._count()
        registry = CollectorRegistry()
        registry.register(_Figures(figures, now))
        return generate_latest(self._counted()) + generate_latest(registry)

    def _counted(self) -> CollectorRegistry:
        if self._registry is not None:
            return self._registry
        registry = CollectorRegistry()
        assert self._folder is not None
        registry.register(_Counted(self._folder))
        return registry


def _labels(operation: str, outcome: str, fault: str) -> tuple[str, str, str]:
    return _operation(operation), outcome if outcome in OUTCOMES else OTHER, _fault(fault)


def _operation(operation: str) -> str:
    return operation if operation in OPERATIONS else OTHER


def _fault(fault: str) -> str:
    if fault == NOT_GIVEN:
        return NONE
    return fault if fault in FAULTS else OTHER


class _Counted(Collector):
    """What the processes of a server have counted, in the files of their folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Add them up."""
        # WHY: the library cannot read the file that a process has just made, and not yet filled.
        files = [str(file) for file in self._folder.glob("*.db") if file.stat().st_size]
        metrics: Iterable[Metric] = MultiProcessCollector.merge(files, accumulate=True)  # type: ignore[no-untyped-call]  # the library's
        return metrics


class _Figures(Collector):
    """The store's figures at one instant; one that is not known is not there."""

    def __init__(self, figures: Figures, now: datetime) -> None:
        self._figures, self._now = figures, now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give what is known."""
        yield _gauge("gpd_build_info", "What runs here.", "version", [(__version__, 1)])
        yield GaugeMetricFamily(
            "gpd_database_up", "Whether the database answers.", value=self._figures.reachable
        )
        if self._figures.last_probe is not None:
            age = (self._now - self._figures.last_probe).total_seconds()
            yield GaugeMetricFamily(
                "gpd_probe_age_seconds", "How long ago the Node last probed us.", value=age
            )
        if self._figures.open_cases is not None:
            cases = self._figures.open_cases.items()
            yield _gauge("gpd_open_cases", "Cases that wait for a person.", "kind", cases)
        if self._figures.receipts is not None:
            receipts = self._figures.receipts.items()
            yield _gauge("gpd_receipts", "Receipts, by what they are kept as.", "state", receipts)


def _gauge(
    name: str, help_text: str, label: str, values: Iterable[tuple[str, int]]
) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, help_text, labels=[label])
    for value, number in values:
        gauge.add_metric([value], number)
    return gauge


_EVERY: weakref.WeakSet[Metrics] = weakref.WeakSet()


def _forget_after_fork() -> None:
    for metrics in list(_EVERY):
        metrics.forget()


# WHY: as in store.hot.
os.register_at_fork(after_in_child=_forget_after_fork)
