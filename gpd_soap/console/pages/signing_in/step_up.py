"""Proving a factor again, and the way back."""

from __future__ import annotations

from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from gpd_soap.console import gates
from gpd_soap.console.cookies import put_session, session_of
from gpd_soap.console.parts import Parts
from gpd_soap.console.returning import safe_address
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.sign_in import Proof, SignIn
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.wsgi.http import caller


class Pages:
    """The pages at which an operator proves a factor again."""

    def __init__(self, parts: Parts) -> None:
        """Use the store, the passwords and the random bytes of these parts."""
        self._signing = SignIn(parts.store, parts.passwords, parts.random)

    def form(self) -> Response:
        """Return the page that asks for a code."""
        return gates.step_up(safe_address(request.args.get("next")))

    def send(self) -> Response:
        """Check the code, or the password of who has no application."""
        fields, token = request.form, session_of(request)
        following, kept = safe_address(fields.get("next")), fields.get("kept")
        proof = Proof(token, fields.get("code", ""), caller(request.environ))
        try:
            token = self._signing.step_up(proof, g.now)
        except people_refusals.SessionNotValid:
            return gates.sign_in(following, kept=kept, over=True)
        except Refusal as refusal:
            return gates.step_up(following, kept=kept, refusal=refusal)
        response = gates.go_on(following, kept)
        put_session(response, token)
        return response


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of proving again."""
    pages, blueprint = Pages(parts), Blueprint("step_up", __name__, url_prefix="/console")
    blueprint.add_url_rule("/step-up", "form", pages.form)
    blueprint.add_url_rule("/step-up", "send", pages.send, methods=["POST"])
    return blueprint
