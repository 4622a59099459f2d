"""An invitation: a password and an application, or a passkey; and the link of a demo."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console import gates
from gpd_soap.console.enrolment import symbol_of, typed
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.words import _
from gpd_soap.usecases.people import demo_link
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.authorize import Sessions
from gpd_soap.usecases.people.invitations import Enrolment, Invitations
from gpd_soap.usecases.people.passwords import SHORTEST
from gpd_soap.usecases.refusals import Refusal

GONE = 404


class Pages:
    """The pages of who has a link."""

    def __init__(self, parts: Parts) -> None:
        """Use the store, the passwords and the random bytes of these parts."""
        self._parts = parts
        self._invitations = Invitations(parts.store, parts.passwords, parts.random)

    def look(self, token: str) -> Response:
        """Return what an invitation offers; opening it changes nothing."""
        try:
            return self._form(token, self._invitations.look(token, g.now))
        except people_refusals.InvitationNotValid:
            return _over()

    def accept(self, token: str) -> Response:
        """Keep the factors, and show the recovery codes."""
        fields = request.form
        password, code = fields.get("password", ""), fields.get("code") or None
        try:
            enrolment = self._invitations.look(token, g.now)
            if password != fields.get("again"):
                return self._form(token, enrolment, [("again", _("Le due password sono diverse."))])
            codes = self._invitations.accept(token, password, code, g.now)
        except people_refusals.InvitationNotValid:
            return _over()
        except Refusal as refusal:
            return self._form(token, enrolment, [_problem(refusal)])
        return render("sign_in/codes.html", title=_("Fatto: adesso puoi entrare"), codes=codes,
                      again=False)  # fmt: skip

    def demo(self, token: str) -> Response:
        """Return a page with the button that signs in; opening it changes nothing."""
        return render("sign_in/demo.html", title=_("La prova è pronta"), token=token)

    def enter_demo(self, token: str) -> AnyResponse:
        """Sign in by the link of a demo."""
        try:
            session = demo_link.enter(self._parts.store, token, self._parts.random, g.now)
        except people_refusals.InvitationNotValid:
            return _over(is_demo=True)
        response = redirect(url_for("root.start"), 303)
        gates.begin_session(Sessions(self._parts.store), response, session)
        return response

    def _form(
        self, token: str, enrolment: Enrolment, errors: list[tuple[str, str]] | None = None
    ) -> Response:
        return render(
            "sign_in/invitation.html",
            gates.UNFIT if errors else 200,
            title=_("Scegli come entrare"),
            token=token,
            enrolment=enrolment,
            symbol=symbol_of(enrolment.address),
            secret=typed(enrolment.secret),
            shortest=SHORTEST,
            errors=errors or [],
            has_passkeys=self._parts.passkeys is not None,
        )


def _over(*, is_demo: bool = False) -> Response:
    title = _("Questo link non vale più")
    return render("sign_in/over.html", GONE, title=title, is_demo=is_demo)


def _problem(refusal: Refusal) -> tuple[str, str]:
    """Return the field and the words of a refusal."""
    if isinstance(refusal, people_refusals.UnfitPassword):
        rules = {each.rule for each in refusal.errors}
        if "length" in rules:
            text = _("La password ha fra %(shortest)d e 256 caratteri.") % {"shortest": SHORTEST}
            return "password", text
        return "password", _("È fra le prime password che si provano: scegline un’altra.")
    if isinstance(refusal, people_refusals.SecondFactorNeeded):
        return "code", _("Per quello che puoi fare serve il codice dell’app.")
    if isinstance(refusal, people_refusals.CodeRefused):
        return "code", _("Il codice non corrisponde: aspetta il prossimo e riprova.")
    return "", gates.words_of(refusal)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of invitations."""
    pages, blueprint = Pages(parts), Blueprint("invitation", __name__, url_prefix="/console")
    for path, endpoint, view, method in (
        ("/invitation/<token>", "look", pages.look, "GET"),
        ("/invitation/<token>", "accept", pages.accept, "POST"),
        ("/demo/<token>", "demo", pages.demo, "GET"),
        ("/demo/<token>", "enter_demo", pages.enter_demo, "POST"),
    ):
        blueprint.add_url_rule(path, endpoint, view, methods=[method])
    return blueprint
