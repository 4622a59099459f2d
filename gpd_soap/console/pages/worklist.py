"""The worklist: the queue, one case, what is decided, and the list of refunds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console import words
from gpd_soap.console.charts.rows import parts as parts_chart
from gpd_soap.console.formats import count, money
from gpd_soap.console.guard import set_subjects
from gpd_soap.console.pages.cases import CaseViews
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import N_, _
from gpd_soap.console.work import ages, refunds
from gpd_soap.console.work.cases import CaseLine, line_of
from gpd_soap.console.work.cursors import queue_cursor, queue_key
from gpd_soap.console.work.forms import Form, error_words
from gpd_soap.console.work.kinds import KINDS, ORDER, OUTCOMES
from gpd_soap.console.work.lamp import lamps
from gpd_soap.core.case_id import CaseOutcome, case_id
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.receipts import candidates, queue
from gpd_soap.store.receipts.queue import LATE, OLD, QueueFilter
from gpd_soap.usecases import refusals
from gpd_soap.usecases.casework import claims
from gpd_soap.usecases.casework.decide import By, decide
from gpd_soap.usecases.casework.holding import FREED_AFTER
from gpd_soap.usecases.casework.refund_list import Refund, refund_list
from gpd_soap.usecases.casework.refusals import CaseClaimed, CaseworkRefusal, KindsDiffer
from gpd_soap.usecases.figures import today
from gpd_soap.validation.finding import FieldError

ROWS = 20
#: LIMIT: persons of a file for which a factor need not be proved again.
MOST_UNPROVED = 100
#: The outcomes that many open cases of a kind may have together.
TOGETHER = (CaseOutcome.TO_REFUND, CaseOutcome.RIGHT, CaseOutcome.NOT_OURS)
#: The bars of a chart of ages: late, old, new.
AGES = ("f4", "f5", "f2")
REFUSED = {
    CaseClaimed: N_("Di uno dei casi si sta occupando qualcun altro"),
    KindsDiffer: N_("Scegli casi di un solo tipo"),
    refusals.CaseNotOpen: N_("Uno dei casi nel frattempo è stato risolto"),
    refusals.CaseNotFound: N_("Uno dei casi non c’è più"),
}
CONFLICT = 409


class Queue:
    """The views of the queue."""

    def __init__(self, parts: Parts) -> None:
        """Use the store of these parts."""
        self._store = parts.store

    def page(self, organization: str) -> Response:
        """Return the cases that wait, or those that are resolved."""
        return self._shown(organization, 200, Form(), [])

    def take(self, organization: str) -> AnyResponse:
        """Give the oldest free case to the viewer, and lead there."""
        kind = request.form.get("kind") or None
        name = viewer().operator.name
        case = claims.take_oldest(self._store, organization, kind, name, g.now, g.record)
        if case is None:
            address = url_for("worklist.page", organization=organization, done="none-free")
        else:
            reference = case_id(case.key)
            address = url_for(
                "worklist.case", organization=organization, case=reference, done="taken"
            )
        return redirect(address, 303)

    def many(self, organization: str) -> AnyResponse:
        """Decide the chosen cases together."""
        form, chosen = Form.of(request.form), request.form.getlist("case")
        decision = form.decision()
        if not chosen:
            return self._shown(organization, 422, form, [("case", _("Scegli almeno un caso"))])
        if decision is None:
            errors = error_words([FieldError("outcome", "required", "")])
            return self._shown(organization, 422, form, errors)
        by = By(viewer().actor, viewer().operator.name, g.now)
        try:
            decide(self._store, organization, chosen, decision, by, g.record)
        except refusals.Malformed as refused:
            return self._shown(organization, 422, form, error_words(refused.errors))
        except (
            CaseworkRefusal,
            CaseClaimed,
            refusals.CaseNotOpen,
            refusals.CaseNotFound,
        ) as refused:
            text = REFUSED.get(type(refused), N_("Sono troppi casi in una volta"))
            return self._shown(organization, CONFLICT, form, [("", _(text))])
        lamps().forget(organization)
        kind = request.args.get("kind") or None
        address = url_for("worklist.page", organization=organization, kind=kind, done="decided")
        return redirect(address, 303)

    def refunds(self, organization: str) -> AnyResponse:
        """Return the list of refunds; a long one asks for a factor first."""
        rows = refunds.outstanding(self._store, organization, MOST_UNPROVED + 1)
        if len(rows) > MOST_UNPROVED:
            return redirect(url_for("worklist.all_refunds", organization=organization), 303)
        return self._file(rows)

    def all_refunds(self, organization: str) -> Response:
        """Return the whole list of refunds."""
        return self._file(refunds.outstanding(self._store, organization))

    def _file(self, rows: list[Refund]) -> Response:
        set_subjects(*(Subject(row.nav, receipt_id=row.receipt_id) for row in rows))
        response = Response(refund_list(rows), content_type="text/csv; charset=utf-8")
        name = f"rimborsi-{g.now:%Y-%m-%d}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def _shown(
        self, organization: str, status: int, form: Form, errors: list[tuple[str, str]]
    ) -> Response:
        now = g.now
        listing = _filter(now)
        after = queue_key(request.args.get("after"))

        def work(connection: Transaction) -> dict[str, Any]:
            cases, following = queue.page(connection, organization, listing, ROWS, after)
            navs = {case.nav for case in cases if case.nav}
            known = candidates.numbered(connection, organization, navs, [])
            receipts = queue.of_notices(connection, organization, list(navs))
            by_nav = {notice.nav: notice for notice in known}
            persons = viewer().sees_persons
            lines: list[CaseLine] = [
                line_of(case, by_nav, receipts, now, persons=persons) for case in cases
            ]
            return {
                "lines": lines,
                "following": queue_cursor(following),
                "to_refund": queue.to_refund(connection, organization),
                "last": None if cases else queue.last_resolved(connection, organization),
            }

        values = read_only(self._store, work)
        counted = today.waiting(self._store, organization, now)
        lamps().recount(organization, counted)
        by_kind = {each.kind: each for each in counted}
        waiting = [by_kind[kind] for kind in ORDER]
        ages_of = [(each.late, each.old - each.late, each.cases - each.old) for each in waiting]
        return render(
            "worklist/worklist.html",
            status,
            title=_title(waiting),
            waiting=waiting,
            kinds=KINDS,
            order=ORDER,
            outcomes=OUTCOMES,
            together=TOGETHER,
            listing=listing,
            age=request.args.get("age", ""),
            only_mine=bool(request.args.get("mine")),
            after=after,
            ages=ages,
            ages_of=ages_of,
            chart=parts_chart([row for row in ages_of if sum(row)], AGES),
            form=form,
            errors=errors,
            chosen=request.form.getlist("case"),
            freed=FREED_AFTER,
            **values,
        )


def _filter(now: datetime) -> QueueFilter:
    """Returns the filter of the address; a value that is none filters nothing."""
    args = request.args
    kind = args.get("kind")
    outcome = args.get("outcome")
    until = {"late": now - LATE, "old": now - OLD}.get(args.get("age", ""))
    mine = bool(args.get("mine"))
    return QueueFilter(
        kind=kind if kind in KINDS else None,
        resolved=bool(args.get("resolved")),
        outcome=CaseOutcome(outcome) if outcome in set(CaseOutcome) else None,
        received_until=until,
        claimed_by=viewer().operator.name if mine else None,
        claimed_since=now - FREED_AFTER if mine else None,
    )


def _title(waiting: list[queue.Waiting]) -> str:
    number = sum(each.cases for each in waiting)
    if not number:
        return _("Da trattare: niente")
    language = words.language.get()
    amount = money(sum(each.amount for each in waiting), language)
    text = words.ngettext(
        "Da trattare: %(number)s caso, %(money)s", "Da trattare: %(number)s casi, %(money)s", number
    )
    return text % {"number": count(number, language), "money": amount}


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of the worklist."""
    queue_views, case_views = Queue(parts), CaseViews(parts)
    blueprint = Blueprint("worklist", __name__, url_prefix="/console/<organization>/worklist")
    blueprint.add_url_rule("", "page", queue_views.page)
    for name, path in (("take", "/-/take"), ("many", "/-/many")):
        blueprint.add_url_rule(path, name, getattr(queue_views, name), methods=["POST"])
    blueprint.add_url_rule("/-/refunds.csv", "refunds", queue_views.refunds)
    blueprint.add_url_rule("/-/all-refunds.csv", "all_refunds", queue_views.all_refunds)
    blueprint.add_url_rule("/<case>", "case", case_views.page)
    blueprint.add_url_rule("/<case>/message.xml", "message", case_views.message)
    for name in ("claim", "release", "decide", "match"):
        path = f"/<case>/{name}"
        blueprint.add_url_rule(path, name, getattr(case_views, name), methods=["POST"])
    return blueprint
