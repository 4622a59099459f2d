"""The metrics for Prometheus: counts of exchanges and refused callers, figures of the store.

Each label has a few known values, and never names an organization, a notice or a person.
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
from gpd_soap.wsgi.refused_callers import Reason

#: The values that are counted under their own name; all others are counted as `other`.
OPERATIONS = frozenset({*ACTIONS, OPERATION})
FAULTS = frozenset(fault.code for fault in PaaFault)
OUTCOMES = frozenset({"OK", "KO", "Fault"})
OTHER, NONE = "other", "none"
#: The answers to a wrong key: that it is wrong, or that too many came from its address.
REFUSED, LIMITED = "refused", "limited"

#: SPEC: SANP "Livelli di servizio": 2 s is the service level; the Node gives up a question after
#: 7 s and a receipt after 15 s.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 7, 15)

#: The labels of an exchange.
KIND = attrgetter("operation", "outcome", "fault")

#: LIMIT: seconds in which exchanges gather before they are counted; a process that is killed loses
#: the counts of its last ones.
GATHER = 0.1


class Metrics:
    """Counts exchanges; with a folder, the processes of a server count together."""

    def __init__(self, folder: Path | None = None) -> None:
        """Without `folder`, this object counts for itself alone."""
        # WHY: counts in a folder are collected from there, and a registry would show them twice.
        registry = CollectorRegistry() if folder is None else None
        self._folder, self._registry = folder, registry
        labels = ("operation", "outcome", "fault")
        self._exchanges = Counter(
            "gpd_exchanges", "Exchanges with the Node.", labels, registry=registry
        )
        self._seconds = Histogram(
            "gpd_exchange_seconds",
            "Duration of the exchanges.",
            ("operation",),
            registry=registry,
            buckets=SECONDS,
        )
        self._wrong_keys = Counter(
            "gpd_wrong_keys", "Wrong keys at the admin face.", ("answer",), registry=registry
        )
        self._refusals = Counter(
            "gpd_refused_callers",
            "Callers refused before their message was read.",
            ("reason",),
            registry=registry,
        )
        # WHY: Prometheus sees no increase where a series begins, so each begins with 0.
        for reason in Reason:
            self._refusals.labels(reason.value)
        for answer in (REFUSED, LIMITED):
            self._wrong_keys.labels(answer)
        self.forget()
        _EVERY.add(self)

    def forget(self) -> None:
        """Drop the exchanges that wait: after a fork, the parent counts them."""
        self._uncounted: deque[ExchangeRecord] = deque()
        self._is_scheduled, self._lock = False, threading.Lock()

    def observe(self, record: ExchangeRecord) -> None:
        """Count an exchange within GATHER seconds; an ExchangeObserver, which never blocks."""
        self._uncounted.append(record)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._schedule()

    def observe_wrong_key(self, *, limited: bool) -> None:
        """Count a wrong key; `limited` says that its caller had sent too many."""
        self._wrong_keys.labels(LIMITED if limited else REFUSED).inc()

    def count_refusal(self, reason: str) -> None:
        """Count a caller that was refused for this reason."""
        self._refusals.labels(reason).inc()

    def _schedule(self) -> None:
        try:
            # WHY: a process must count its last exchanges before it ends, so this is no daemon.
            threading.Timer(GATHER, self._count).start()
        except RuntimeError:
            # WHY: the system may have room for a thread again at the next exchange.
            self._is_scheduled = False

    def _count(self) -> None:
        """Count the exchanges that wait.

        WHY: counted together, exchanges take half of the time that they take one by one, and no
        answer waits for it.
        """
        self._is_scheduled = False
        with self._lock:
            records = [self._uncounted.popleft() for _ in range(len(self._uncounted))]
            for kind, number in Tally(map(KIND, records)).items():
                self._exchanges.labels(*_labels(*kind)).inc(number)
            # WHY: the library's search for a label takes as long as the rest of the count.
            seconds = cache(lambda operation: self._seconds.labels(_operation(operation)))
            for each in records:
                seconds(each.operation).observe(each.seconds)

    def text(self, figures: Figures, now: datetime) -> bytes:
        """All metrics in Prometheus' text format."""
        self._count()
        registry = CollectorRegistry()
        registry.register(_Figures(figures, now))
        return generate_latest(self._counted()) + generate_latest(registry)

    def _counted(self) -> CollectorRegistry:
        if self._registry is not None:
            return self._registry
        registry = CollectorRegistry()
        assert self._folder is not None
        registry.register(_FolderCounts(self._folder))
        return registry


def _labels(operation: str, outcome: str, fault: str) -> tuple[str, str, str]:
    return _operation(operation), outcome if outcome in OUTCOMES else OTHER, _fault(fault)


def _operation(operation: str) -> str:
    return operation if operation in OPERATIONS else OTHER


def _fault(fault: str) -> str:
    if fault == NOT_GIVEN:
        return NONE
    return fault if fault in FAULTS else OTHER


class _FolderCounts(Collector):
    """The counts of all processes of a server, from the files of their folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """The sums over all processes."""
        # WHY: the library cannot read a file that a process has just made and not filled yet.
        files = [str(file) for file in self._folder.glob("*.db") if file.stat().st_size]
        metrics: Iterable[Metric] = MultiProcessCollector.merge(files, accumulate=True)
        return metrics


class _Figures(Collector):
    """The store's figures at one instant; a figure that is not known is left out."""

    def __init__(self, figures: Figures, now: datetime) -> None:
        self._figures, self._now = figures, now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """A gauge for each figure that is known."""
        yield _gauge("gpd_build_info", "The running version.", "version", [(__version__, 1)])
        yield GaugeMetricFamily(
            "gpd_database_up", "1 if the database answers, else 0.", value=self._figures.reachable
        )
        if self._figures.last_probe is not None:
            age = (self._now - self._figures.last_probe).total_seconds()
            yield GaugeMetricFamily(
                "gpd_probe_age_seconds", "Seconds since the last probe of the Node.", value=age
            )
        if self._figures.open_cases is not None:
            cases = self._figures.open_cases.items()
            yield _gauge("gpd_open_cases", "Cases that a person must resolve.", "kind", cases)
        if self._figures.receipts is not None:
            receipts = self._figures.receipts.items()
            yield _gauge("gpd_receipts", "Stored receipts by status.", "state", receipts)
        yield from self._of_webhooks()
        yield from self._of_work()

    def _of_webhooks(self) -> Iterator[GaugeMetricFamily]:
        if self._figures.subscriptions is not None:
            states = self._figures.subscriptions.items()
            yield _gauge("gpd_webhook_subscriptions", "Subscriptions by state.", "state", states)
        if self._figures.parked is not None:
            parked = self._figures.parked.items()
            yield _gauge(
                "gpd_webhook_parked", "Events that receivers refused, by state.", "state", parked
            )
        if self._figures.lag is not None:
            events, since = self._figures.lag
            seconds = 0.0 if since is None else (self._now - since).total_seconds()
            yield GaugeMetricFamily(
                "gpd_webhook_lag_events",
                "Events that the slowest active subscription has not yet.",
                value=events,
            )
            yield GaugeMetricFamily(
                "gpd_webhook_lag_seconds",
                "Age of the oldest event that an active subscription has not yet.",
                value=max(seconds, 0.0),
            )

    def _of_work(self) -> Iterator[GaugeMetricFamily]:
        if self._figures.work is None:
            return
        jobs, due_since, failures = self._figures.work
        yield _gauge("gpd_jobs", "Jobs of the background work, by state.", "state", jobs.items())
        seconds = 0.0 if due_since is None else (self._now - due_since).total_seconds()
        yield GaugeMetricFamily(
            "gpd_job_lag_seconds",
            "Seconds for which the longest due job has waited for a worker.",
            value=max(seconds, 0.0),
        )
        yield _gauge(
            "gpd_schedule_failures",
            "Attempts of a schedule that failed since it was last done.",
            "schedule",
            failures.items(),
        )


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


# WHY: as in store.database.connections.
os.register_at_fork(after_in_child=_forget_after_fork)
