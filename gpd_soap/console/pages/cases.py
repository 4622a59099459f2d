"""One case of the worklist: its evidence, who has it, what it may be, and how it ends."""

from __future__ import annotations

from typing import Any

from flask import Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console.formats import clock
from gpd_soap.console.guard import set_subjects
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import N_, _
from gpd_soap.console.work import ages, compare
from gpd_soap.console.work.cases import other_of, reasons_of, title_of
from gpd_soap.console.work.compare import Row, Side
from gpd_soap.console.work.evidence import evidence_of
from gpd_soap.console.work.forms import Form, error_words
from gpd_soap.console.work.kinds import KINDS, OUTCOMES
from gpd_soap.console.work.lamp import lamps
from gpd_soap.core.case_id import CaseOutcome, case_key
from gpd_soap.core.receipt import awaits_notice
from gpd_soap.store.access.keys import Role
from gpd_soap.store.database.transaction import Transaction, read_only
from gpd_soap.store.people.operators import Scope
from gpd_soap.store.receipts import candidates, history, queue
from gpd_soap.store.receipts.candidates import NoticeLike
from gpd_soap.store.receipts.worklist import Case
from gpd_soap.usecases import refusals
from gpd_soap.usecases.casework import claims, holding
from gpd_soap.usecases.casework.candidates import candidates_for
from gpd_soap.usecases.casework.decide import By, decide, may_be_decided
from gpd_soap.usecases.casework.refusals import CaseClaimed
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.usecases.worklist import subject_of
from gpd_soap.validation.finding import FieldError

CONFLICT, WRONG = 409, 422

#: Why a case was not matched.
NOT_MATCHED: dict[type[Refusal], str] = {
    refusals.NoticeNotFound: N_("Qui non c’è un avviso con questo numero."),
    refusals.NoticeNotPayable: N_("Quell’avviso non si può più pagare: è già pagato o ritirato."),
    refusals.CaseNotMatched: N_("L’avviso non c’è ancora: la ricevuta continua ad aspettarlo."),
    refusals.CaseNotWaiting: N_("Questa ricevuta ha già il suo avviso."),
    refusals.CaseNotOpen: N_("Il caso nel frattempo è stato risolto: guarda com’è andata."),
    refusals.MessageRefusedAgain: N_("Il messaggio è stato riletto, e di nuovo non è valido."),
    refusals.MessageNotTaken: N_("Il messaggio adesso non si può rileggere: riprova fra poco."),
}


class CaseViews:
    """The views of one case."""

    def __init__(self, parts: Parts) -> None:
        """Use the store and the worklist of these parts."""
        self._store, self._cases = parts.store, parts.cases

    def page(self, organization: str, case: str) -> Response:
        """Return a case, open or resolved."""
        return self._shown(organization, case, 200)

    def message(self, organization: str, case: str) -> Response:
        """Return the message of a case, byte for byte."""
        content = self._cases(g.record).raw(organization, case)
        key = case_key(case)
        if key is not None:
            set_subjects(subject_of(key))
        response = Response(content, content_type="application/octet-stream")
        response.headers["Content-Disposition"] = 'attachment; filename="messaggio.xml"'
        return response

    def claim(self, organization: str, case: str) -> AnyResponse:
        """Give the case to the viewer."""
        name = viewer().operator.name
        try:
            claims.claim(self._store, organization, case, name, g.now, g.record)
        except (CaseClaimed, refusals.CaseNotOpen) as refused:
            return self._shown(organization, case, CONFLICT, problem=_refused(refused))
        return self._again(organization, case, "taken")

    def release(self, organization: str, case: str) -> AnyResponse:
        """Give the case back."""
        claims.release(self._store, organization, case, viewer().operator.name, g.record)
        return self._again(organization, case, "released")

    def decide(self, organization: str, case: str) -> AnyResponse:
        """Close the case with an outcome."""
        form = Form.of(request.form)
        decision = form.decision()
        if decision is None:
            errors = error_words([FieldError("outcome", "required", "")])
            return self._shown(organization, case, WRONG, form, errors)
        by = By(viewer().actor, viewer().operator.name, g.now)
        try:
            decide(self._store, organization, [case], decision, by, g.record)
        except refusals.Malformed as refused:
            errors = error_words(refused.errors)
            return self._shown(organization, case, WRONG, form, errors)
        except (CaseClaimed, refusals.CaseNotOpen) as refused:
            return self._shown(organization, case, CONFLICT, form, problem=_refused(refused))
        lamps().forget(organization)
        return self._again(organization, case, "decided")

    def match(self, organization: str, case: str) -> AnyResponse:
        """Apply the case to a notice, or decide it anew."""
        nav = "".join(request.form.get("nav", "").split())[:30] or None
        try:
            current = self._cases(g.record).read(organization, case).case
            holding.refuse_others(current, viewer().operator.name, g.now)
            self._cases(g.record).rematch(
                organization, case, viewer().operator.name, nav, actor=viewer().actor
            )
        except Refusal as refused:
            if not isinstance(refused, (CaseClaimed, *NOT_MATCHED)):
                raise
            return self._shown(organization, case, CONFLICT, problem=_refused(refused))
        lamps().forget(organization)
        return self._again(organization, case, "matched")

    def _again(self, organization: str, case: str, done: str) -> AnyResponse:
        address = url_for("worklist.case", organization=organization, case=case, done=done)
        return redirect(address, 303)

    def _shown(
        self,
        organization: str,
        reference: str,
        status: int,
        form: Form | None = None,
        errors: list[tuple[str, str]] | None = None,
        problem: str = "",
    ) -> Response:
        case = self._cases(g.record).read(organization, reference).case
        set_subjects(subject_of(case.key, case.nav))
        values = read_only(self._store, lambda c: self._evidence(c, organization, case))
        waits = case.variant is not None and awaits_notice(case.kind, case.reasons)
        is_open = case.resolved_at is None
        may_act = viewer().is_at_least(Role.WRITER) and viewer().may(Scope.REFUND)
        title = title_of(case, values["notice"])
        return render(
            "worklist/case.html",
            status,
            title=title,
            case=case,
            reference=reference,
            kind=KINDS[case.kind],
            reasons=reasons_of(case),
            age=ages.age(case.since, g.now),
            holder=holding.holder(case, g.now),
            me=viewer().operator.name,
            may_act=may_act,
            may_decide=may_act and may_be_decided(case),
            outstanding=case.resolved_as == CaseOutcome.TO_REFUND,
            outcomes=OUTCOMES,
            waits=waits and is_open,
            candidates=(
                candidates_for(self._store, organization, case, g.now) if waits and is_open else []
            ),
            form=form or _begun(case),
            errors=errors or [],
            problem=problem,
            ages=ages,
            **values,
        )

    def _evidence(self, connection: Transaction, organization: str, case: Case) -> dict[str, Any]:
        """Returns the notice of a case, its receipt, and what it is compared with."""
        persons = viewer().sees_persons
        if case.variant is None:
            return {"notice": None, "side": None, "other": None, "rows": [], "compared": ""}
        navs = [case.nav or ""]
        iuvs = [case.iuv] if case.iuv else []
        known = candidates.numbered(connection, organization, navs, iuvs)
        notice = _notice_of(known, case)
        receipts = queue.of_notices(connection, organization, navs).get(case.nav or "", [])
        side = _side(connection, organization, case)
        other = other_of(case, receipts)
        rows: list[Row] = []
        compared = ""
        if other is not None:
            rows = compare.receipts(_side(connection, organization, other), side, persons=persons)
            compared = "receipts"
        elif notice is not None:
            rows = compare.with_notice(notice, side, persons=persons)
            compared = "notice"
        return {
            "notice": notice, "side": side, "other": other, "rows": rows, "compared": compared,
        }  # fmt: skip


def _begun(case: Case) -> Form:
    """Returns the form as it is first shown: what was paid in excess is most often refunded."""
    if case.resolved_as == CaseOutcome.TO_REFUND:
        return Form(outcome=CaseOutcome.REFUNDED, note=case.resolution or "")
    return Form() if case.kind == "double" or case.opened_at else Form(outcome="")


def _notice_of(known: list[NoticeLike], case: Case) -> NoticeLike | None:
    by_nav = next((each for each in known if each.nav == case.nav), None)
    return by_nav or next(iter(known), None)


def _side(connection: Transaction, organization: str, case: Case) -> Side:
    document = history.document(connection, organization, case.key)
    return Side(case, evidence_of(document) if document else None)


def _refused(refused: Refusal) -> str:
    """Returns why nothing changed."""
    if isinstance(refused, CaseClaimed):
        values = {
            "who": refused.who,
            "since": clock(refused.since),
            "until": clock(refused.until),
        }
        text = _(
            "Se ne occupa %(who)s dalle %(since)s; se non fa nulla, torna libero alle %(until)s."
        )
        return text % values
    return _(NOT_MATCHED[type(refused)])
