"""The whole program, assembled by hand in one place; nothing happens when this is imported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gpd_soap.admin.app import admin_app
from gpd_soap.contract.documents import Documents
from gpd_soap.contract.schema import Schema
from gpd_soap.core.exchange import Witness
from gpd_soap.desk import Clock, Desk, Policy
from gpd_soap.health import Health
from gpd_soap.metrics import Metrics
from gpd_soap.options import PaymentOptions
from gpd_soap.services.office import Office
from gpd_soap.settings import Settings
from gpd_soap.soap.application import node_application
from gpd_soap.soap.exchange import log_line
from gpd_soap.soap.face import NodeFace
from gpd_soap.store.store import Store
from gpd_soap.trust import Trusted
from gpd_soap.web import Wsgi


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def node_face(
    settings: Settings,
    store: Store,
    clock: Clock = utc_now,
    witnesses: Sequence[Witness] = (),
) -> Wsgi:
    """What the node listener serves; a test passes its own store and clock.

    `witnesses` are told of each exchange, after the log.
    """
    office = Office(store, timedelta(seconds=settings.demand_window))
    policy = Policy(fault_on_repeated_receipt=settings.duplicate_receipt == "fault")
    schema, documents = Schema(), Documents(settings.address)
    desk = Desk(store, clock, office, policy)
    told = (log_line, *witnesses)
    endpoint = node_application(
        desk,
        schema,
        documents,
        told,
        check_answers=settings.check_answers,
        max_body=settings.max_body,
    )
    options = PaymentOptions(desk, told, max_body=settings.max_body)
    face = NodeFace(endpoint, options, documents, Health(store, schema))
    if settings.node_tls_certificate or settings.node_proxies:
        return Trusted(face, settings.node_callers, settings.node_proxies)
    return face


def faces(settings: Settings, store: Store, which: str, counted_in: Path) -> dict[str, Wsgi]:
    """What to serve on which address: the node face, the admin face, or `all`.

    `counted_in` is the folder in which the server's processes count exchanges together.
    """
    metrics = Metrics(counted_in)
    found: dict[str, Wsgi] = {}
    if which in ("node", "all"):
        found[settings.node_bind] = node_face(settings, store, witnesses=(metrics.tell,))
    if which in ("admin", "all"):
        found[settings.admin_bind] = admin_face(store, metrics)
    return found


def admin_face(store: Store, metrics: Metrics, clock: Clock = utc_now) -> Wsgi:
    """What the admin listener serves."""
    health = Health(store, Schema())
    return admin_app(store, clock, health, lambda figures: metrics.text(figures, clock()))
