"""The whole program, assembled by hand in one place; nothing happens when this is imported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from gpd_soap.clock import Clock, utc_now
from gpd_soap.contract.documents import Documents
from gpd_soap.contract.schema import Schema
from gpd_soap.core.exchange import ExchangeObserver
from gpd_soap.monitoring.health import Health
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.settings import Settings
from gpd_soap.soap.application import node_application
from gpd_soap.soap.exchange import log_line
from gpd_soap.soap.listener import NodeFace
from gpd_soap.soap.transport import NodeEndpoint
from gpd_soap.store.store import Store
from gpd_soap.usecases.node import NodeService, Policy
from gpd_soap.usecases.spontaneous.issue import SpontaneousNotices
from gpd_soap.wsgi import exposure
from gpd_soap.wsgi.client_certificates import Trusted
from gpd_soap.wsgi.http import Wsgi
from gpd_soap.wsgi.payment_options import PaymentOptions

if TYPE_CHECKING:
    from gpd_soap.usecases.worklist import Cases


#: LIMIT: copies of the compiled contract, 0.4 MB and 1 ms each; more threads compile their own.
MOST_COPIES = 32


@lru_cache(maxsize=1)
def contract(threads: int) -> Schema:
    """The contract for so many threads, compiled once in a process and for all that it forks."""
    return Schema(copies=min(threads, MOST_COPIES))


def desk(settings: Settings, store: Store, clock: Clock = utc_now) -> NodeService:
    """Who answers the Node; a test passes its own store and clock."""
    office = SpontaneousNotices(store, timedelta(seconds=settings.demand_window))
    policy = Policy(fault_on_repeated_receipt=settings.duplicate_receipt == "fault")
    return NodeService(store, clock, office, policy)


def node_endpoint(
    settings: Settings, answering: NodeService, witnesses: Sequence[ExchangeObserver] = ()
) -> NodeEndpoint:
    """What takes the Node's messages; `witnesses` are told of each exchange."""
    return node_application(
        answering,
        contract(settings.threads),
        Documents(settings.address),
        witnesses,
        check_answers=settings.check_answers,
        max_body=settings.max_body,
    )


def node_face(
    settings: Settings,
    store: Store,
    clock: Clock = utc_now,
    witnesses: Sequence[ExchangeObserver] = (),
) -> Wsgi:
    """What the node listener serves."""
    answering, documents = desk(settings, store, clock), Documents(settings.address)
    told = (*_keepers(settings, store), *witnesses)
    endpoint = node_endpoint(settings, answering, told)
    options = PaymentOptions(answering, told, max_body=settings.max_body)
    health = Health(store, contract(settings.threads), exposure.facts(settings, "node"))
    face = NodeFace(endpoint, options, documents, health)
    if settings.node_tls_certificate or settings.node_proxies:
        return Trusted(face, settings.node_callers, settings.node_proxies)
    return face


def faces(settings: Settings, store: Store, which: str, counted_in: Path) -> dict[str, Wsgi]:
    """What to serve on which address: the node face, the admin face, or `all`.

    `counted_in` is the folder in which the server's processes count exchanges together.
    """
    metrics = Metrics(counted_in)
    witnesses = (metrics.tell,)
    found: dict[str, Wsgi] = {}
    if which in ("node", "all"):
        found[settings.node_bind] = node_face(settings, store, witnesses=witnesses)
    if which in ("admin", "all"):
        worklist = cases(settings, store, witnesses=witnesses)
        found[settings.admin_bind] = admin_face(settings, store, worklist, metrics)
    return found


def admin_face(
    settings: Settings, store: Store, worklist: Cases, metrics: Metrics, clock: Clock = utc_now
) -> Wsgi:
    """What the admin listener serves."""
    # WHY: here, because a server of the node face alone would carry Flask for nothing.
    from gpd_soap.api.app import admin_app
    from gpd_soap.api.concurrency import Limits

    health = Health(store, contract(settings.threads), exposure.facts(settings, "admin"))
    limits = Limits(
        settings.rate,
        settings.admin_requests or max(1, settings.threads - 1),
        settings.key_requests or max(1, settings.threads // 2),
    )
    return admin_app(
        store, clock, worklist, health, lambda found: metrics.text(found, clock()), limits
    )


def cases(
    settings: Settings,
    store: Store,
    clock: Clock = utc_now,
    witnesses: Sequence[ExchangeObserver] = (),
) -> Cases:
    """The worklist, which can send what was kept through the node's door again."""
    from gpd_soap.usecases.worklist import Cases

    told = (*_keepers(settings, store), *witnesses)
    endpoint = node_endpoint(settings, desk(settings, store, clock), told)
    return Cases(store, clock, lambda raw: endpoint.reprocess(raw, "worklist"))


def _keepers(settings: Settings, store: Store) -> tuple[ExchangeObserver, ...]:
    """Who keeps every exchange."""
    # WHY: one of them, because a line of the log is a sixth of a busy server's work.
    kept: dict[str, tuple[ExchangeObserver, ...]] = {
        "database": (store.journal.write,),
        "log": (log_line,),
        "none": (),
    }
    return kept[settings.journal]
