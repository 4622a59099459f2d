"""The form that opens a case on the receipt of a paid notice: why, and what follows."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console.guard import set_subjects
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import N_, _
from gpd_soap.console.work.forms import LONGEST, error_words
from gpd_soap.console.work.kinds import CAUSES
from gpd_soap.console.work.lamp import lamps
from gpd_soap.core.case_id import CaseCause
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.receipts import candidates
from gpd_soap.usecases import refusals
from gpd_soap.usecases.casework.decide import By
from gpd_soap.usecases.casework.opening import Why, open_case
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.usecases.worklist import subject_of
from gpd_soap.validation.finding import FieldError

CONFLICT, WRONG = 409, 422
#: Why no case is opened.
REFUSED: dict[type[Refusal], str] = {
    refusals.HasCase: N_("Questa ricevuta ha già un caso aperto, o un rimborso in attesa."),
    refusals.CaseDecided: N_("Il suo caso è già deciso: il denaro è tornato, o paga altro."),
    refusals.NoMoney: N_("Con questa ricevuta non è arrivato denaro da restituire."),
    refusals.ReceiptErased: N_(
        "I dati di chi ha pagato sono stati cancellati: da qui non si può più restituire."
    ),
}
#: What is said at the field of a note.
NOTE_WORDS = N_("Con «Un altro motivo» la nota dice quale")


class Form(NamedTuple):
    """The fields as they were typed."""

    cause: str = ""
    note: str = ""


class Openings:
    """The views of the form."""

    def __init__(self, parts: Parts) -> None:
        """Use the store and the worklist of these parts."""
        self._store, self._cases = parts.store, parts.cases

    def form(self, organization: str, receipt: str) -> Response:
        """Return the form."""
        return self._shown(organization, receipt, 200, Form())

    def send(self, organization: str, receipt: str) -> AnyResponse:
        """Open the case, and lead to it."""
        sent = request.form
        form = Form(sent.get("cause", "")[:LONGEST], sent.get("note", "")[:LONGEST])
        if form.cause not in set(CaseCause):
            errors = [("cause", _("Scegli perché"))]
            return self._shown(organization, receipt, WRONG, form, errors)
        why = Why(CaseCause(form.cause), form.note)
        by = By(viewer().actor, viewer().operator.name, g.now)
        try:
            open_case(self._store, organization, receipt, why, by, g.record)
        except refusals.Malformed as refused:
            errors = [_words(each) for each in refused.errors]
            return self._shown(organization, receipt, WRONG, form, errors)
        except Refusal as refused:
            if type(refused) not in REFUSED:
                raise
            return self._shown(organization, receipt, CONFLICT, form, refused=refused)
        lamps().forget(organization)
        address = url_for(
            "worklist.case", organization=organization, case=receipt, done="case-opened"
        )
        return redirect(address, 303)

    def _shown(
        self,
        organization: str,
        reference: str,
        status: int,
        form: Form,
        errors: list[tuple[str, str]] | None = None,
        refused: Refusal | None = None,
    ) -> Response:
        case = self._cases(g.record).receipt(organization, reference).case
        set_subjects(subject_of(case.key, case.nav))
        navs = [case.nav] if case.nav and case.issuer == organization else []
        known = read_only(self._store, lambda c: candidates.numbered(c, organization, navs, []))
        return render(
            "receipts/opening.html",
            status,
            title=_("Denaro da restituire"),
            case=case,
            reference=reference,
            notice=known[0] if known else None,
            causes=CAUSES,
            form=form,
            errors=errors or [],
            problem="" if refused is None else _(REFUSED[type(refused)]),
            has_case=isinstance(refused, refusals.HasCase | refusals.CaseDecided),
        )


def _words(error: FieldError) -> tuple[str, str]:
    """Returns an error as its field and words."""
    if error.rule == "required":
        return error.field, _(NOTE_WORDS)
    [words] = error_words([error])
    return words


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the form that opens a case."""
    views = Openings(parts)
    blueprint = Blueprint("opening", __name__, url_prefix="/console/<organization>/receipts")
    blueprint.add_url_rule("/<receipt>/case", "form", views.form)
    blueprint.add_url_rule("/<receipt>/case", "send", views.send, methods=["POST"])
    return blueprint
