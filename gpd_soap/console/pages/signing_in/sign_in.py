"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, g, redirect, request, url_for
from werkzeug.wrappers import Response

from gpd_soap.console import gates
from gpd_soap.console.cookies import (
    drop_session,
    marks_of,
    put_marks,
    put_session,
    session_of,
)
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.returning import safe_address
from gpd_soap.console.words import _
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.authorize import Sessions
from gpd_soap.usecases.people.authorize import session_of as stored_session
from gpd_soap.usecases.people.browsers import with_mark
from gpd_soap.usecases.people.sign_in import Proof, SignIn
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.wsgi.http import caller


class Pages:
    """The pages at which somebody signs in."""

    def __init__(self, parts: Parts) -> None:
        """Use the store, the passwords and the random bytes of these parts."""
        self._parts = parts
        self._signing = SignIn(parts.store, parts.passwords, parts.random)
        self._sessions = Sessions(parts.store)

    def form(self) -> Response:
        """Return the page with name and password; who is signed in goes on."""
        following = safe_address(request.args.get("next"))
        try:
            self._sessions.operator(session_of(request), g.now)
        except people_refusals.SessionNotValid:
            return gates.sign_in(following)
        return redirect(following, 303)

    def send(self) -> Response:
        """Check name and password."""
        fields = request.form
        following, kept = safe_address(fields.get("next")), fields.get("kept")
        name = fields.get("name", "")
        try:
            signed = self._signing.sign_in(
                name,
                fields.get("password", ""),
                caller(request.environ),
                g.now,
                marks_of(request),
            )
        except Refusal as refusal:
            return gates.sign_in(following, kept=kept, name=name, refusal=refusal)
        if signed.proved:
            response = gates.go_on(following, kept)
        elif kept is None:
            response = redirect(url_for("sign_in.code", next=following), 303)
        else:
            response = gates.code(following, self._who(signed.token), kept=kept)
        gates.begin_session(self._sessions, response, signed.token)
        if signed.proved:
            self._mark(response, signed.token)
        return response

    def code(self) -> Response:
        """Return the page with the code; who has not written a password begins there."""
        following = safe_address(request.args.get("next"))
        try:
            return gates.code(following, self._who(session_of(request)))
        except people_refusals.SessionNotValid:
            return redirect(url_for("sign_in.form", next=following), 303)

    def prove(self) -> Response:
        """Check the code."""
        fields, token = request.form, session_of(request)
        following, kept = safe_address(fields.get("next")), fields.get("kept")
        try:
            who = self._who(token)
            proof = Proof(token, fields.get("code", ""), caller(request.environ))
            token = self._signing.prove(proof, g.now)
        except people_refusals.SessionNotValid as refusal:
            return gates.sign_in(following, kept=kept, refusal=refusal)
        except Refusal as refusal:
            return gates.code(following, who, kept=kept, refusal=refusal)
        response = gates.go_on(following, kept)
        put_session(response, token)
        self._mark(response, token)
        return response

    def out(self) -> Response:
        """End the session."""
        token, elsewhere = session_of(request), None
        if self._parts.oidc is not None:
            elsewhere = self._parts.oidc.sign_out(token, g.now)
        self._sessions.sign_out(token, g.now)
        response: Response = redirect(url_for("sign_in.signed_out"), 303)
        if elsewhere is not None:
            # WHY: a form may lead to no other site, so that a link leads there.
            response = _signed_out(elsewhere)
        drop_session(response)
        return response

    def signed_out(self) -> Response:
        """Say that the session has ended."""
        return _signed_out()

    def _mark(self, response: Response, token: str) -> None:
        """Have the browser known to who has signed in, so that no stranger makes it wait."""
        parts = self._parts
        marks = with_mark(parts.store, token, marks_of(request), parts.random, g.now)
        if marks is not None:
            put_marks(response, marks)

    def _who(self, token: str) -> str:
        """Return by what the operator of a session knows itself.  Raises SessionNotValid."""
        _session, operator = stored_session(self._parts.store, token, g.now, proved=False)
        return operator.mail or operator.name


def _signed_out(elsewhere: str | None = None) -> Response:
    return render("sign_in/out.html", title=_("Sei uscito"), elsewhere=elsewhere)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of signing in."""
    pages, blueprint = Pages(parts), Blueprint("sign_in", __name__, url_prefix="/console")
    for path, endpoint, view, method in (
        ("/sign-in", "form", pages.form, "GET"),
        ("/sign-in", "send", pages.send, "POST"),
        ("/sign-in/code", "code", pages.code, "GET"),
        ("/sign-in/code", "prove", pages.prove, "POST"),
        ("/sign-out", "out", pages.out, "POST"),
        ("/signed-out", "signed_out", pages.signed_out, "GET"),
    ):
        blueprint.add_url_rule(path, endpoint, view, methods=[method])
    return blueprint
