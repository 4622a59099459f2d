"""An operator's own page: factors, sessions, and habits of this browser."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console import gates
from gpd_soap.console.cookies import drop_session, put_habits, session_of
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import LANGUAGES, _
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.authorize import Sessions
from gpd_soap.usecases.people.own import Own
from gpd_soap.usecases.people.passwords import SHORTEST
from gpd_soap.usecases.people.rights import scopes_of
from gpd_soap.usecases.people.session_rules import is_raised
from gpd_soap.usecases.people.sign_in import Proof, SignIn
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.wsgi.http import caller

Errors = list[tuple[str, str]]


class Pages:
    """The pages of an operator about itself."""

    def __init__(self, parts: Parts) -> None:
        """Use the store, the passwords and the random bytes of these parts."""
        self._own, self._sessions = Own(parts.store, parts.random), Sessions(parts.store)
        self._signing = SignIn(parts.store, parts.passwords, parts.random)

    def page(self) -> Response:
        """Return the operator's own page."""
        return self._page([])

    def codes(self) -> AnyResponse:
        """Make new recovery codes, and show them once."""
        try:
            codes = self._own.renew_codes(session_of(request), g.now)
        except people_refusals.SecondFactorNeeded:
            return self._page([("", _("Non hai un’app che dà i codici."))])
        title = _("Dieci codici nuovi")
        return render("sign_in/codes.html", title=title, codes=codes, again=True)

    def password(self) -> AnyResponse:
        """Store a new password, and end every session."""
        fields = request.form
        new = fields.get("new_password", "")
        if new != fields.get("again"):
            return self._page([("again", _("Le due password sono diverse."))])
        proof = Proof(session_of(request), fields.get("password", ""), caller(request.environ))
        try:
            self._signing.change_password(proof, new, g.now)
        except people_refusals.UnfitPassword:
            text = _("Almeno %(number)d caratteri, e non fra le prime che si provano.")
            return self._page([("new_password", text % {"number": SHORTEST})])
        except people_refusals.CodeRefused:
            return self._page([("password", _("Non è la tua password di adesso."))])
        except people_refusals.SessionNotValid:
            raise
        except people_refusals.StepUpNeeded:
            # WHY: a password is kept in no page, so that the form is filled in anew.
            return gates.step_up(url_for("me.page"))
        except Refusal as refusal:
            return self._page([("", gates.words_of(refusal))], gates.status_of(refusal))
        response = redirect(url_for("sign_in.form", done="password-changed"), 303)
        drop_session(response)
        return response

    def habits(self) -> AnyResponse:
        """Keep the language and the use of single keys in this browser."""
        language = request.form.get("language", "")
        if language not in LANGUAGES:
            return self._page([("language", _("Scegli una lingua dell’elenco."))])
        response = redirect(url_for("me.page", done="preferences"), 303)
        put_habits(response, language, shortcuts="shortcuts" in request.form)
        return response

    def end_others(self) -> AnyResponse:
        """End the operator's other sessions."""
        self._own.end_others(session_of(request), g.now)
        return redirect(url_for("me.page", done="others-ended"), 303)

    def end_all(self) -> AnyResponse:
        """End every session of the operator, also this one."""
        self._sessions.end_all(session_of(request), g.now)
        response = redirect(url_for("sign_in.form", done="sessions-ended"), 303)
        drop_session(response)
        return response

    def remove_identity(self, identity: str) -> AnyResponse:
        """Remove the operator's identity at the provider."""
        try:
            self._own.remove_identity(session_of(request), identity, g.now)
        except people_refusals.LastFactor as refusal:
            return self._page([("", gates.words_of(refusal))])
        return redirect(url_for("me.page", done="identity-removed"), 303)

    def _page(self, errors: Errors, status: int = 0) -> Response:
        factors = self._own.factors(session_of(request), g.now)
        return render(
            "me/me.html",
            status or (gates.UNFIT if errors else 200),
            title=_("Profilo e accesso"),
            factors=factors,
            recent=is_raised(factors.here, g.now),
            scopes=sorted(scopes_of(viewer().operator)),
            shortest=SHORTEST,
            errors=errors,
        )


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the operator's own pages."""
    pages, blueprint = Pages(parts), Blueprint("me", __name__, url_prefix="/console/me")
    blueprint.add_url_rule("", "page", pages.page)
    for path, endpoint, view in (
        ("/codes", "codes", pages.codes),
        ("/password", "password", pages.password),
        ("/habits", "habits", pages.habits),
        ("/sessions/end-others", "end_others", pages.end_others),
        ("/sessions/end-all", "end_all", pages.end_all),
        ("/identities/<identity>/remove", "remove_identity", pages.remove_identity),
    ):
        blueprint.add_url_rule(path, endpoint, view, methods=["POST"])
    return blueprint
