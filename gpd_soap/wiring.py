"""The whole program, assembled by hand in one place; nothing happens when this is imported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gpd_soap.admin.app import admin_app
from gpd_soap.contract.documents import Documents
from gpd_soap.contract.schema import Schema
from gpd_soap.desk import Clock, Desk, Policy
from gpd_soap.health import facts
from gpd_soap.services.office import Office
from gpd_soap.settings import Settings
from gpd_soap.soap.application import node_application
from gpd_soap.soap.face import NodeFace
from gpd_soap.store.store import Store
from gpd_soap.web import Wsgi


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def node_face(settings: Settings, store: Store, clock: Clock = utc_now) -> Wsgi:
    """What the node listener serves; a test passes its own store and clock."""
    office = Office(store, timedelta(seconds=settings.demand_window))
    policy = Policy(fault_on_repeated_receipt=settings.duplicate_receipt == "fault")
    schema, documents = Schema(), Documents(settings.address)
    desk = Desk(store, clock, office, policy)
    endpoint = node_application(
        desk,
        schema,
        documents,
        witnesses=(store.journal.write,) if settings.journal else (),
        check_answers=settings.check_answers,
        max_body=settings.max_body,
    )
    return NodeFace(endpoint, documents, lambda: facts(store, schema))


def faces(settings: Settings, store: Store, which: str) -> dict[str, Wsgi]:
    """What to serve on which address: the node face, the admin face, or `all`."""
    found: dict[str, Wsgi] = {}
    if which in ("node", "all"):
        found[settings.node_bind] = node_face(settings, store)
    if which in ("admin", "all"):
        found[settings.admin_bind] = admin_face(store)
    return found


def admin_face(store: Store, clock: Clock = utc_now) -> Wsgi:
    """What the admin listener serves."""
    schema = Schema()
    return admin_app(store, clock, lambda: facts(store, schema))
