"""A new notice, issued at the counter."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console.notices.fields import Unfit
from gpd_soap.console.notices.instalments import MOST
from gpd_soap.console.notices.issuing import AllUnfit, IssueForm
from gpd_soap.console.notices.refused import Problem, by_field, problems_of, status_of
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import _
from gpd_soap.core import rome
from gpd_soap.usecases.notices.templates import FREE, templates
from gpd_soap.usecases.positions.create import WriteOptions, create
from gpd_soap.usecases.positions.manage import Ledger
from gpd_soap.usecases.refusals import NotUnique, PositionNotFound, Refusal

UNFIT = 422
#: LIMIT: 10 random bytes in the id of a position, so that no two forms have the same.
ID_BYTES = 10


class Issue:
    """The form and what it does."""

    def __init__(self, parts: Parts) -> None:
        """Use these collaborators."""
        self._parts = parts

    def form(self, organization: str) -> Response:
        """Return the form, with the values of a template."""
        return self._page(self._form(request.args))

    def send(self, organization: str) -> AnyResponse:
        """Issue the notice; or show what it would be, or what is wrong."""
        form = self._form(request.form)
        # WHY: without a script, another template is chosen by sending the form.
        if form.is_switched or "live" in request.form:
            return self._page(form)
        dry = "dry" in request.form
        options = WriteOptions(viewer().actor, publish=True, dry_run=dry, record=g.record)
        try:
            body = form.body(self._company_name)
            result = create(self._parts.store, organization, [body], g.now, options, many=False)
        except AllUnfit as unfit:
            return self._page(form, UNFIT, unfit.problems)
        except NotUnique:
            return self._issued_before(form)
        except Refusal as refusal:
            return self._page(form, status_of(refusal), problems_of(refusal))
        if dry:
            return self._page(form, tried=True)
        return self._done(form.iupd, result.stored[0].position.options[0].nav, "issued")

    def _issued_before(self, form: IssueForm) -> AnyResponse:
        """Returns the way to the notice that the same form has issued before."""
        ledger = Ledger(self._parts.store, self._parts.clock, viewer().actor)
        try:
            stored = ledger.read(viewer().code, form.iupd)
        except PositionNotFound:
            problem = ("", _("Questo modulo è di un avviso che poi è stato eliminato: ricomincia."))
            return self._page(form, UNFIT, [problem])
        return self._done(form.iupd, stored.position.options[0].nav, "issued-before")

    def _done(self, iupd: str, nav: str, word: str) -> AnyResponse:
        return redirect(
            url_for("notices.show", organization=viewer().code, nav=nav, done=word), 303
        )

    def _form(self, fields: object) -> IssueForm:
        given = dict(fields.items()) if hasattr(fields, "items") else {}
        today = rome.day_of(g.now)
        fresh = f"C-{today:%Y%m%d}-{self._parts.random(ID_BYTES).hex()}"
        offered = templates(self._parts.store, viewer().code)
        return IssueForm(given, offered, today, fresh)

    @property
    def _company_name(self) -> str:
        organization = viewer().organization
        assert organization is not None
        return organization.name

    def _page(
        self,
        form: IssueForm,
        status: int = 200,
        problems: Sequence[Problem] = (),
        *,
        tried: bool = False,
    ) -> Response:
        wrong = by_field(list(problems))
        try:
            plan = form.plan
            plan_problem = False
        except Unfit:
            plan, plan_problem = [], True
        return render(
            "issue/new.html",
            status,
            title=_("Nuovo avviso"),
            form=form,
            problems=list(problems),
            wrong=wrong,
            warnings={} if "fiscalCode" in wrong else form.warnings(),
            plan=plan,
            plan_problem=plan_problem,
            tried=tried,
            choices=[*((each.id, each.name) for each in form.templates.values()),
                     (FREE, _("Modulo libero"))],
            counts=[("1", _("Una sola")), *((str(n), str(n)) for n in range(2, MOST + 1))],
            today=rome.day_of(g.now).isoformat(),
        )  # fmt: skip


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages that issue a notice."""
    pages = Issue(parts)
    blueprint = Blueprint("issue", __name__)
    address = "/console/<organization>/positions/new"
    blueprint.add_url_rule(address, "form", pages.form)
    blueprint.add_url_rule(address, "send", pages.send, methods=["POST"])
    return blueprint
