"""Search: whatever is typed or scanned, and the list of notices."""

from __future__ import annotations

import string
from collections.abc import Sequence

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console.notices.filters import DUE, STATES, Filters, filters_of
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.story.verdict import SIGNS, standing_by_facts
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import _
from gpd_soap.core.case_id import case_id
from gpd_soap.core.notice import check_digits
from gpd_soap.core.searching.text_kinds import NAV_LENGTH, Reading, TextKind, readings
from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.positions.narrowed import MOST_LOOKED_AT
from gpd_soap.store.positions.notices import MOST_COUNTED, ListedNotice
from gpd_soap.store.receipts.worklist import Case
from gpd_soap.usecases.notices import listing
from gpd_soap.usecases.notices.listing import NoticeList, PageQuery
from gpd_soap.usecases.search import EVERY_KIND, SearchResult, filter_of, search
from gpd_soap.validation.queries.cursors import notice_cursor

#: LIMIT: 20 rows of a page, and 8 persons above them.
ROWS, MOST_DEBTORS = 20, 8
#: LIMIT: organizations in which a number is looked for, where a page is about none.
MOST_ORGANIZATIONS = 50
#: Kinds by which only who may see persons searches.
PERSONAL = (TextKind.FISCAL_CODE, TextKind.NAME)


class Searches:
    """The pages of a search."""

    def __init__(self, parts: Parts) -> None:
        """Use these collaborators."""
        self._parts = parts

    def go(self) -> AnyResponse:
        """Return the way to what a text means, in the organization of the page before."""
        code = request.args.get("organization", "")
        text = request.args.get("q", "")
        for reading in readings(text):
            if reading.organization and viewer().operator.serves(reading.organization):
                code = reading.organization
        if not viewer().operator.serves(code) or not (code.isascii() and code.isdigit()):
            code = viewer().code if viewer().organization else self._where(text)
        if not code:
            return redirect(url_for("overview.page", q=text or None), 303)
        return redirect(url_for("notices.page", organization=code, q=text or None), 303)

    def _where(self, text: str) -> str:
        """Returns the organization of the operator that has a number, the only one, or nothing."""
        codes = sorted(viewer().operator.organizations)
        if viewer().operator.serves_every:
            first = PageRequest(MOST_ORGANIZATIONS, 0)
            every, _total = read_only(
                self._parts.store, lambda c: configuration.organizations(c, first)
            )
            codes = [each.fiscal_code for each in every]
        if len(codes) == 1:
            return codes[0]
        numbers = [kind for kind in EVERY_KIND if kind not in PERSONAL]
        for code in codes[:MOST_ORGANIZATIONS]:
            result = search(self._parts.store, code, text, 1, numbers)
            if result.hits is not None and not result.hits.is_empty:
                return code
        return ""

    def page(self, organization: str) -> AnyResponse:
        """Return the notices that a text finds, or all of them by due date."""
        filters = filters_of(request.args)
        if not filters.text:
            return self._by_due_date(filters)
        result = search(self._parts.store, organization, filters.text, ROWS, self._kinds(filters))
        address = self._only_hit(result, filters)
        if address is not None:
            return redirect(address, 303)
        hits = result.hits
        is_list = hits is not None and bool(hits.notices)
        if hits is not None and filter_of(hits.reading) and (is_list or filters.is_narrowed):
            return self._list(filters, result, hits.reading)
        return self._nothing_or_receipts(filters, result)

    def _kinds(self, filters: Filters) -> Sequence[TextKind]:
        """Returns what the text may be taken for."""
        allowed = [kind for kind in EVERY_KIND if viewer().sees_persons or kind not in PERSONAL]
        chosen = [kind for kind in allowed if kind == filters.kind]
        return chosen or allowed

    def _tried(self, filters: Filters) -> list[TextKind]:
        """Returns everything that a text without hits was looked for as, a name first."""
        allowed = self._kinds(filters)
        kinds = [each.kind for each in readings(filters.text) if each.kind in allowed]
        return sorted(kinds, key=lambda kind: kind is not TextKind.NAME)

    def _only_hit(self, result: SearchResult, filters: Filters) -> str | None:
        """Returns the address of the only thing that a text finds, or None."""
        hits = result.hits
        if hits is None or filters.is_narrowed or filters.after or filters.kind:
            return None
        code = viewer().code
        numbers = TextKind.NOTICE, TextKind.IUV
        if len(hits.notices) == 1 and (hits.reading.kind in numbers or not result.others):
            return url_for("notices.show", organization=code, nav=hits.notices[0].nav)
        if hits.reading.kind is TextKind.IUPD and hits.notices:
            return url_for("positions.show", organization=code, iupd=hits.notices[0].iupd)
        if hits.retired_at is not None and hits.reading.kind is TextKind.NOTICE:
            return url_for("notices.show", organization=code, nav=hits.reading.value)
        if len(hits.receipts) == 1 and not hits.notices and not result.others:
            return _of_receipt(hits.receipts[0])
        return None

    def _by_due_date(self, filters: Filters) -> Response:
        page = listing.by_due_date(self._parts.store, viewer().code, _query(filters))
        return self._render(filters, page, _("Avvisi"))

    def _list(self, filters: Filters, result: SearchResult, reading: Reading) -> Response:
        chosen = filter_of(reading)
        assert chosen is not None
        page = listing.by_filter(
            self._parts.store, viewer().code, chosen, _query(filters), result.hits
        )
        title = _title(page, filters)
        return self._render(filters, page, title, result, reading)

    def _render(
        self,
        filters: Filters,
        page: NoticeList,
        title: str,
        result: SearchResult | None = None,
        reading: Reading | None = None,
    ) -> Response:
        following = None if page.following is None else notice_cursor(page.following)
        return render(
            "search/list.html",
            title=title,
            filters=filters,
            reading=reading,
            others=() if result is None else result.others,
            page=page,
            rows=[(each, standing_by_facts(each, g.now)) for each in page.notices],
            debtors=page.debtors[:MOST_DEBTORS] if len(page.debtors) > 1 else [],
            more_debtors=max(0, len(page.debtors) - MOST_DEBTORS),
            following=following,
            states=STATES,
            dues=DUE,
            most_counted=MOST_COUNTED,
            most_looked_at=MOST_LOOKED_AT,
            signs=SIGNS,
        )

    def _nothing_or_receipts(self, filters: Filters, result: SearchResult) -> Response:
        """Return the receipts that a text finds, or what to try where it finds nothing."""
        hits = result.hits
        reading = None if hits is None else hits.reading
        receipts = () if hits is None else hits.receipts
        near: list[ListedNotice] = []
        if not receipts and reading is not None and reading.kind is TextKind.NOTICE:
            near = listing.with_one_digit_other(
                self._parts.store, viewer().code, reading.value, MOST_DEBTORS
            )
        digits = "".join(each for each in filters.text if each in string.digits)
        return render(
            "search/nothing.html",
            title=_("Ricevute trovate") if receipts else _nothing(reading),
            filters=filters,
            reading=reading,
            tried=self._tried(filters),
            others=result.others,
            receipts=receipts,
            near=[(each, standing_by_facts(each, g.now)) for each in near],
            right_digits=check_digits(digits[:16]) if len(digits) == NAV_LENGTH else "",
            digits=len(digits) if filters.text.replace(" ", "") == digits else 0,
            nav_length=NAV_LENGTH,
            other_organization=reading.organization if reading else None,
            may_be_person=viewer().sees_persons,
            signs=SIGNS,
        )


def _of_receipt(receipt: Case) -> str:
    """Returns the address of a receipt, or of the case of a message that is none."""
    code, key = viewer().code, case_id(receipt.key)
    if receipt.variant is None:
        return url_for("worklist.case", organization=code, case=key)
    return url_for("receipts.show", organization=code, receipt=key)


def _query(filters: Filters) -> PageQuery:
    return PageQuery(filters.narrowing(g.now), g.now, ROWS, filters.after)


def _title(page: NoticeList, filters: Filters) -> str:
    total = page.total or 0
    if total > MOST_COUNTED:
        return _("Più di 1.000 avvisi per «%(text)s»") % {"text": filters.text}
    if total == 1:
        return _("Un avviso per «%(text)s»") % {"text": filters.text}
    return _("%(number)s avvisi per «%(text)s»") % {"number": total, "text": filters.text}


def _nothing(reading: Reading | None) -> str:
    if reading is not None and reading.kind in (TextKind.NOTICE, TextKind.IUV):
        return _("Nessun avviso con questo numero")
    return _("Nessun avviso trovato")


def make_blueprint(parts: Parts) -> Blueprint:
    """Return what resolves a text."""
    blueprint = Blueprint("search", __name__)
    blueprint.add_url_rule("/console/go", "go", Searches(parts).go)
    return blueprint
