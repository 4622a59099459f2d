"""Receipts of every status: the list, and one with its message and its document."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, g, request

from gpd_soap.console.guard import set_subjects
from gpd_soap.console.notices.actions import may_open_case
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import N_, _
from gpd_soap.console.work.cases import reasons_of
from gpd_soap.console.work.evidence import evidence_of
from gpd_soap.console.work.filters import receipts_given
from gpd_soap.console.work.kinds import KINDS, STATUSES
from gpd_soap.console.work.papers import receipt_paper
from gpd_soap.core import rome
from gpd_soap.core.case_id import case_id, no_case
from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.soap.stored import document as document_of
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.receipts import candidates, listing
from gpd_soap.store.receipts.candidates import NoticeLike
from gpd_soap.store.receipts.listing import ReceiptFilter, ReceiptListKey
from gpd_soap.store.receipts.worklist import Case
from gpd_soap.usecases import refusals
from gpd_soap.usecases.casework.opening import stored_receipt
from gpd_soap.usecases.figures.days import begin_of
from gpd_soap.validation.queries import cursors

ROWS = 20
#: LIMIT: days that are listed where no day is given; older ones have a filter.
LATEST = timedelta(days=90)
CONFLICT = 409


class Receipts:
    """The views of receipts."""

    def __init__(self, parts: Parts) -> None:
        """Use these parts."""
        self._parts = parts

    def page(self, organization: str) -> Response:
        """Return receipts, the last received first."""
        now = g.now
        given, wrong = receipts_given(request.args)
        first = given.first or rome.day_of(now - LATEST)
        last = given.last or rome.day_of(now)
        statuses = (ReceiptStatus(given.status),) if given.status else tuple(ReceiptStatus)
        chosen = ReceiptFilter(begin_of(first), rome.end_of_day(last), statuses, given.psp)
        after = _key(request.args.get("after"))

        def work(
            connection: Transaction,
        ) -> tuple[list[Case], ReceiptListKey | None, dict[str, NoticeLike]]:
            cases, following = listing.page(connection, organization, chosen, ROWS, after)
            navs = {case.nav for case in cases if case.nav and case.issuer == organization}
            known = candidates.numbered(connection, organization, navs, [])
            return cases, following, {notice.nav: notice for notice in known}

        cases, following, by_nav = read_only(self._parts.store, work)
        return render(
            "receipts/receipts.html",
            422 if wrong else 200,
            title=_("Ricevute"),
            cases=cases,
            following=cursors.receipt_cursor(following) if following else None,
            after=after,
            most_looked_at=listing.MOST_LOOKED_AT,
            notices=by_nav,
            statuses=STATUSES,
            given=given,
            errors=wrong,
            first=first,
            last=last,
            id_of=lambda case: case_id(case.key),
        )

    def show(self, organization: str, receipt: str) -> Response:
        """Return one receipt."""
        return self._shown(organization, receipt)

    def message(self, organization: str, receipt: str) -> Response:
        """Return a receipt as the Node sent it."""
        stored = self._parts.cases(g.record).document(organization, receipt)
        set_subjects(Subject(stored.nav, receipt_id=stored.receipt_id))
        try:
            content = document_of(stored.raw, stored.digest)
        except (ValueError, TypeError):
            raise refusals.ReceiptErased from None
        response = Response(content, content_type="application/xml")
        response.headers["Content-Disposition"] = 'attachment; filename="ricevuta.xml"'
        return response

    def paper(self, organization: str, receipt: str) -> Response:
        """Return the document of a receipt."""
        case = self._parts.cases(g.record).receipt(organization, receipt).case
        set_subjects(Subject(case.nav, receipt_id=case.name))
        pdf = receipt_paper(self._parts, organization, receipt)
        if pdf is None:
            problem = _("Di questa ricevuta qui non si può fare il PDF.")
            return self._shown(organization, receipt, CONFLICT, problem)
        response = Response(pdf, content_type="application/pdf")
        name = f"ricevuta-{case.nav}.pdf"
        response.headers["Content-Disposition"] = f'inline; filename="{name}"'
        return response

    def _shown(
        self, organization: str, reference: str, status: int = 200, problem: str = ""
    ) -> Response:
        current = self._parts.cases(g.record).receipt(organization, reference)
        case = current.case
        set_subjects(Subject(case.nav, receipt_id=case.name))
        document = self._parts.cases(g.record).document(organization, reference)
        return render(
            "receipts/receipt.html",
            status,
            title=_(TITLES[case.kind]),
            case=case,
            notice=current.notice,
            reference=reference,
            status_words=STATUSES[case.kind],
            is_case=case.kind in KINDS,
            may_open=may_open_case(viewer()) and no_case(stored_receipt(case)) is None,
            reasons=reasons_of(case),
            evidence=evidence_of(document),
            persons=viewer().sees_persons,
            problem=problem,
        )


#: The title of a receipt's page by its status.
TITLES = {
    "applied": N_("Ricevuta di un avviso pagato"),
    "double": N_("Ricevuta di un secondo pagamento"),
    "review": N_("Ricevuta da rivedere"),
    "unmatched": N_("Ricevuta senza avviso"),
    "conflicting": N_("Ricevuta in contrasto"),
    "secondary": N_("Ricevuta di un avviso di un altro ente"),
    "not-paid": N_("Ricevuta di un pagamento non riuscito"),
}


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of receipts."""
    views = Receipts(parts)
    blueprint = Blueprint("receipts", __name__, url_prefix="/console/<organization>/receipts")
    blueprint.add_url_rule("", "page", views.page)
    blueprint.add_url_rule("/<receipt>", "show", views.show)
    blueprint.add_url_rule("/<receipt>/receipt.xml", "message", views.message)
    blueprint.add_url_rule("/<receipt>/receipt.pdf", "paper", views.paper)
    return blueprint


def _key(text: str | None) -> ReceiptListKey | None:
    try:
        return cursors.receipt_list_key(text) if text else None
    except ValueError:
        return None
