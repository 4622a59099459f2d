"""A position: every way to pay it, and what happened to it."""

from __future__ import annotations

from flask import Blueprint, Response, g

from gpd_soap.console.guard import set_subjects
from gpd_soap.console.notices.documents import document, no_document
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.story.verdict import SIGNS
from gpd_soap.console.story.ways import ways_of
from gpd_soap.console.viewer import viewer
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.people.actor_names import actor_names
from gpd_soap.usecases.document_refusals import DocumentsNotInstalled
from gpd_soap.usecases.history import history
from gpd_soap.usecases.positions.manage import Ledger
from gpd_soap.usecases.refusals import PositionNotFound

#: LIMIT: events of a position on its page; each notice has its own story.
MOST_EVENTS = 100


class Positions:
    """The pages of a position."""

    def __init__(self, parts: Parts) -> None:
        """Use these collaborators."""
        self._parts = parts

    def show(self, organization: str, iupd: str) -> Response:
        """Return a position; of a deleted one, what happened to it."""
        store = self._parts.store
        request = PageRequest(MOST_EVENTS, 0)
        events, _total = history(store, organization, iupd, request)
        ledger = Ledger(store, self._parts.clock, viewer().actor)
        try:
            stored = ledger.read(organization, iupd)
        except PositionNotFound:
            stored = None
        actors = {Actor(ActorKind(each.actor_kind), each.actor) for each in events}
        return render(
            "positions/position.html",
            title=iupd,
            iupd=iupd,
            stored=stored,
            position=None if stored is None else stored.position,
            ways=() if stored is None else ways_of(stored, g.now),
            this_nav="",
            events=events,
            names=read_only(store, lambda c: actor_names(c, actors)),
            actor=_actor,
            signs=SIGNS,
        )

    def pdf(self, organization: str, iupd: str) -> Response:
        """Return one document with every way to pay a position, or why there is none."""
        set_subjects(Subject(iupd=iupd))
        try:
            printer = self._parts.open_printer(self._parts.store)
        except DocumentsNotInstalled:
            return no_document(None)
        printed = printer.notices(viewer().actor).of_iupd(organization, iupd, g.now)
        return document(printed, "avvisi.pdf")


def _actor(kind: str, actor: str) -> Actor:
    return Actor(ActorKind(kind), actor)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of a position."""
    pages = Positions(parts)
    one = "/console/<organization>/positions/<path:iupd>"
    blueprint = Blueprint("positions", __name__)
    blueprint.add_url_rule(one, "show", pages.show)
    blueprint.add_url_rule("/console/<organization>/notices-of/<path:iupd>", "pdf", pages.pdf)
    return blueprint
