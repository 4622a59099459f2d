"""What is done with several notices of a list: export them, print them, or withdraw them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console.guard import set_subjects
from gpd_soap.console.loads.prints import is_installed
from gpd_soap.console.notices.batch import begin_batch
from gpd_soap.console.notices.csv_file import as_text, csv_file, euros
from gpd_soap.console.notices.documents import no_document
from gpd_soap.console.notices.fields import Unfit, reason_of
from gpd_soap.console.notices.filters import Filters, filters_of
from gpd_soap.console.notices.refused import Problem, problems_of
from gpd_soap.console.pages.prints import address_of
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.returning import safe_address
from gpd_soap.console.story.verdict import SIGNS, standing_by_facts
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import _
from gpd_soap.core import rome
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.access.keys import Role
from gpd_soap.store.people.operators import Scope
from gpd_soap.store.positions.notices import ListedNotice, NoticeFilter, NoticeKey
from gpd_soap.usecases.notices import listing
from gpd_soap.usecases.positions.locking import PositionRef
from gpd_soap.usecases.positions.manage import Ledger
from gpd_soap.usecases.refusals import PositionChanged, Refusal
from gpd_soap.usecases.search import EVERY_KIND, filter_of, search

#: LIMIT: 100 notices that are chosen one by one, and persons of a file without a recent factor.
MOST_CHOSEN = 100
#: LIMIT: 5,000 rows of a file, as many as a person looks at in a spreadsheet.
MOST_ROWS, STEP = 5000, 500
HEAD = (
    "Avviso", "IUV", "Posizione", "Causale", "Importo", "Scadenza", "Stato", "Pagato il",
    "Codice fiscale", "Debitore",
)  # fmt: skip
UNFIT, CONFLICT = 422, 409


class Chosen:
    """What is done with the notices of a list."""

    def __init__(self, parts: Parts) -> None:
        """Use these collaborators."""
        self._parts = parts

    def do(self, organization: str) -> AnyResponse:
        """Do with the ticked notices what the button says."""
        navs = request.form.getlist("nav")[:MOST_CHOSEN]
        back = safe_address(request.form.get("back"))
        rows = listing.of_numbers(self._parts.store, organization, navs)
        if not rows:
            return redirect(_saying(back, "none-ticked"), 303)
        if request.form.get("act") == "export" and viewer().may(Scope.PERSONS):
            set_subjects(*(Subject(each.nav, each.iupd) for each in rows))
            for each in rows:
                self._parts.store.access_trail.write(
                    g.record.row(Subject(each.nav, each.iupd), status=200)
                )
            return _file(rows)
        if request.form.get("act") == "print" and viewer().may(Scope.PERSONS):
            return self._print(rows)
        if request.form.get("act") == "withdraw" and _may_withdraw():
            return self._page(rows, back)
        return redirect(back, 303)

    def _print(self, rows: Sequence[ListedNotice]) -> AnyResponse:
        """Begin to print notices, and lead to the page that says how far that is."""
        if not is_installed():
            return no_document(None)
        navs = [each.nav for each in rows]
        parts = self._parts
        batch = begin_batch(parts.store, viewer().code, navs, viewer().actor, g.now, g.record)
        return address_of(batch)

    def withdraw(self, organization: str) -> AnyResponse:
        """Withdraw the positions of the ticked notices, each that can be."""
        navs = request.form.getlist("nav")[:MOST_CHOSEN]
        back = safe_address(request.form.get("back"))
        rows = listing.of_numbers(self._parts.store, organization, navs)
        try:
            reason = reason_of(request.form.get("reason", ""))
        except Unfit as unfit:
            return self._page(rows, back, UNFIT, [unfit.problem])
        if request.form.get("seen") != _digest(rows):
            return self._page(rows, back, CONFLICT, problems_of(PositionChanged()))
        ledger = Ledger(self._parts.store, self._parts.clock, viewer().actor, g.record)
        left: list[ListedNotice] = []
        problems: list[Problem] = []
        for iupd in dict.fromkeys(each.iupd for each in rows):
            try:
                ledger.invalidate(PositionRef(organization, iupd, lambda _etag: True), reason)
            except Refusal as refusal:
                of_position = [each for each in rows if each.iupd == iupd]
                left += of_position
                words = problems_of(refusal)[0][1]
                problems.append(("", f"{as_text(of_position[0].nav)}: {words}"))
        if left:
            return self._page(left, back, CONFLICT, problems, done=len(rows) - len(left))
        return redirect(_saying(back, "notices-withdrawn"), 303)

    def export(self, organization: str) -> AnyResponse:
        """Return a whole list as a file; of more than a hundred persons after a recent factor."""
        rows = self._all(filters_of(request.args), MOST_CHOSEN + 1)
        if len({each.debtor_code for each in rows}) > MOST_CHOSEN or len(rows) > MOST_CHOSEN:
            query: dict[str, Any] = request.args.to_dict()
            return redirect(url_for("chosen.export_many", organization=organization, **query), 303)
        return _file(rows)

    def export_many(self, organization: str) -> Response:
        """Return a whole list as a file."""
        return _file(self._all(filters_of(request.args), MOST_ROWS))

    def _all(self, filters: Filters, most: int) -> list[ListedNotice]:
        """Returns the first notices of a list, page after page."""
        chosen = self._listing(filters)
        rows: list[ListedNotice] = []
        after: NoticeKey | None = None
        while len(rows) < most:
            limit = min(STEP, most - len(rows))
            query = listing.PageQuery(filters.narrowing(g.now), g.now, limit, after)
            page = self._next(chosen, query)
            rows += page.notices
            after = page.following
            if after is None:
                break
        return rows

    def _listing(self, filters: Filters) -> NoticeFilter | None:
        """Returns the list that a text means, or None for that of every notice."""
        if not filters.text:
            return None
        kinds = [each for each in EVERY_KIND if each == filters.kind] or EVERY_KIND
        hits = search(self._parts.store, viewer().code, filters.text, 1, kinds).hits
        chosen = None if hits is None else filter_of(hits.reading)
        if chosen is None:
            raise NotFound
        return chosen

    def _next(self, chosen: NoticeFilter | None, query: listing.PageQuery) -> listing.NoticeList:
        store, code = self._parts.store, viewer().code
        if chosen is None:
            return listing.by_due_date(store, code, query)
        return listing.by_filter(store, code, chosen, query)

    def _page(
        self,
        rows: Sequence[ListedNotice],
        back: str,
        status: int = 200,
        problems: Sequence[Problem] = (),
        *,
        done: int = 0,
    ) -> Response:
        return render(
            "notices/withdraw_many.html",
            status,
            title=_("Ritirare gli avvisi spuntati"),
            rows=[(each, standing_by_facts(each, g.now)) for each in rows],
            total=sum(each.amount for each in rows),
            back=back,
            seen=_digest(rows),
            problems=list(problems),
            reason=request.form.get("reason", ""),
            already=done,
            signs=SIGNS,
        )


def _saying(address: str, word: str) -> str:
    """Returns an address whose page says what was done."""
    path, _mark, query = address.partition("?")
    parameters = [each for each in query.split("&") if each and not each.startswith("done=")]
    return f"{path}?{'&'.join([*parameters, f'done={word}'])}"


def _digest(rows: Sequence[ListedNotice]) -> str:
    """Return a text that differs once one of these notices is not as the page has shown it."""
    return hashlib.sha256(repr(sorted(map(tuple, rows))).encode()).hexdigest()[:32]


def _may_withdraw() -> bool:
    return viewer().is_at_least(Role.WRITER) and viewer().may(Scope.WITHDRAW)


def _file(rows: Sequence[ListedNotice]) -> Response:
    """Return notices as a file for a spreadsheet."""
    content = csv_file(HEAD, (_row(each) for each in rows))
    response = Response(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="avvisi.csv"'
    return response


def _row(notice: ListedNotice) -> tuple[str, ...]:
    paid_on = notice.payment_date or notice.paid_at
    return (
        as_text(notice.nav),
        as_text(notice.iuv),
        notice.iupd,
        notice.description,
        euros(notice.amount),
        f"{rome.day_of(notice.due_at):%d/%m/%Y}",
        str(standing_by_facts(notice, g.now)),
        "" if paid_on is None else f"{rome.day_of(paid_on):%d/%m/%Y}",
        notice.debtor_code,
        notice.debtor_full_name,
    )


def make_blueprint(parts: Parts) -> Blueprint:
    """Return what is done with several notices."""
    pages = Chosen(parts)
    base = "/console/<organization>/chosen-notices"
    blueprint = Blueprint("chosen", __name__)
    blueprint.add_url_rule(base, "do", pages.do, methods=["POST"])
    blueprint.add_url_rule(f"{base}/withdraw", "withdraw", pages.withdraw, methods=["POST"])
    blueprint.add_url_rule(f"{base}.csv", "export", pages.export)
    blueprint.add_url_rule(f"{base}-all.csv", "export_many", pages.export_many)
    return blueprint
