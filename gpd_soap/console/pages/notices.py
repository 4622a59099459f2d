"""A notice: its page, its document, its receipts' documents, and a dry verify."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g
from markupsafe import Markup, escape

from gpd_soap.console.guard import set_subjects
from gpd_soap.console.notices import dates, dry_verify
from gpd_soap.console.notices.documents import document, no_document
from gpd_soap.console.notices.page import notice_page
from gpd_soap.console.pages.search import Searches
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import _
from gpd_soap.core import money, rome
from gpd_soap.core.case_id import case_id
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import read_only
from gpd_soap.usecases.document_refusals import DocumentsNotInstalled
from gpd_soap.usecases.notices import read

#: LIMIT: stations of an organization among which the one of a notice is sought.
MOST_STATIONS = 100
SHORTENED = 14


class Notices:
    """The pages of a notice."""

    def __init__(self, parts: Parts) -> None:
        """Use these collaborators."""
        self._parts = parts

    def show(self, organization: str, nav: str) -> Response:
        """Return the whole story of a notice."""
        return notice_page(self._parts, nav)

    def dry_verify(self, organization: str, nav: str) -> Response:
        """Return what the Node would be answered now."""
        notice = read.read(self._parts.store, organization, nav, g.now)
        set_subjects(Subject(nav, notice.stored.position.iupd))
        request = PageRequest(MOST_STATIONS, 0)
        servings, _total = read_only(
            self._parts.store, lambda c: configuration.serving(c, organization, request)
        )
        route = dry_verify.route_of(nav, servings)
        answer, cents = None, None
        if route is not None:
            sent = dry_verify.message(organization, route, nav)
            answer = dry_verify.read_answer(sent, self._parts.verify(sent))
            cents = None if answer.amount is None else money.from_wire(answer.amount)
        return render(
            "notices/dry_verify.html",
            title=_("Prova come il Nodo"),
            nav=nav,
            answer=answer,
            cents=cents,
            station=route.station if route else "",
        )

    def pdf(self, organization: str, nav: str) -> Response:
        """Return the document of a notice, or why there is none."""
        notice = read.read(self._parts.store, organization, nav, g.now)
        set_subjects(Subject(nav, notice.stored.position.iupd))
        try:
            printer = self._parts.open_printer(self._parts.store)
        except DocumentsNotInstalled:
            return no_document(None)
        printed = printer.notices(viewer().actor).of_notice(organization, nav, None, g.now)
        return document(printed, f"avviso-{nav}.pdf")

    def receipt_pdf(self, organization: str, nav: str, receipt: str) -> Response:
        """Return the document of a receipt, or why there is none."""
        set_subjects(Subject(nav, receipt_id=receipt))
        try:
            printer = self._parts.open_printer(self._parts.store)
        except DocumentsNotInstalled:
            return no_document(None)
        from gpd_soap.features.documents.receipts import Receipts

        receipts = Receipts(self._parts.store, printer.typesetter)
        return document(receipts.of_receipt(organization, receipt), "ricevuta.pdf")


def with_breaks(code: str) -> Markup:
    """Return a code with places where a narrow line may end."""
    return Markup("_<wbr>").join(escape(part) for part in code.split("_"))  # constant


def shortened(text: str) -> str:
    """Return the first and the last four characters of a long id.

    >>> shortened("b4f1aa22cc33dd44ee09ac"), shortened("demo-1")
    ('b4f1…09ac', 'demo-1')
    """
    return text if len(text) <= SHORTENED else f"{text[:4]}…{text[-4:]}"


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of a notice."""
    pages = Notices(parts)
    one = "/console/<organization>/notices/<nav>"
    blueprint = Blueprint("notices", __name__)
    blueprint.add_url_rule("/console/<organization>/notices", "page", Searches(parts).page)
    blueprint.add_url_rule(one, "show", pages.show)
    blueprint.add_url_rule(f"{one}/try", "dry_verify", pages.dry_verify)
    blueprint.add_url_rule(f"{one}/pdf", "pdf", pages.pdf)
    blueprint.add_url_rule(f"{one}/receipts/<receipt>/pdf", "receipt_pdf", pages.receipt_pdf)
    filters: dict[str, Callable[..., Any]] = {
        "long_day": dates.long_day,
        "spoken_day": dates.spoken_day,
        "minutes_until": dates.minutes_between,
        "rome_day": rome.day_of,
        "wbr": with_breaks,
        "shortened": shortened,
        "case_name": case_id,
        "begins": str.startswith,
    }
    for name, function in filters.items():
        blueprint.add_app_template_filter(function, name)
    return blueprint
