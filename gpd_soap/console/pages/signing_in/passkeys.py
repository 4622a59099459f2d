"""What the script of a page sends to begin and end a passkey, and what it gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console import gates
from gpd_soap.console.cookies import session_of
from gpd_soap.console.parts import Parts, PasskeyUseCases
from gpd_soap.console.rendering import render
from gpd_soap.console.returning import safe_address
from gpd_soap.console.words import _
from gpd_soap.usecases.people.authorize import Sessions
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.wsgi.http import caller

JSON = "application/json"
REFUSED = 409


class Pages:
    """The halves of each ceremony: `begin…` answers JSON, the other half takes a form."""

    def __init__(self, passkeys: PasskeyUseCases | None, sessions: Sessions) -> None:
        """Without `passkeys` every address is answered 404."""
        self._installed, self._sessions = passkeys, sessions

    @property
    def _passkeys(self) -> PasskeyUseCases:
        if self._installed is None:
            raise NotFound
        return self._installed

    def begin(self) -> Response:
        """Return what a device is to sign, to sign in."""
        return _json(lambda: self._passkeys.sign_in.begin(g.now))

    def finish(self) -> AnyResponse:
        """Sign in by what a device signed."""
        following = safe_address(request.form.get("next"))
        try:
            token = self._passkeys.sign_in.finish(_presented(), g.now)
        except Refusal as refusal:
            return gates.sign_in(following, kept=request.form.get("kept"), refusal=refusal)
        return self._signed_in(following, token)

    def begin_step_up(self) -> Response:
        """Return what a device of the operator is to sign."""
        return _json(lambda: self._passkeys.sign_in.begin_step_up(session_of(request), g.now))

    def finish_step_up(self) -> AnyResponse:
        """Prove the factors of a session again."""
        following = safe_address(request.form.get("next"))
        try:
            token = self._passkeys.sign_in.finish_step_up(session_of(request), _presented(), g.now)
        except Refusal as refusal:
            return gates.step_up(following, kept=request.form.get("kept"), refusal=refusal)
        return self._signed_in(following, token)

    def begin_add(self) -> Response:
        """Return what a device is to make."""
        return _json(lambda: self._passkeys.manage.begin(session_of(request), g.now))

    def add(self) -> AnyResponse:
        """Keep a passkey of the operator."""
        fields = request.form
        self._passkeys.manage.finish(
            session_of(request), fields.get("answer", ""), fields.get("passkey_name", ""), g.now
        )
        return redirect(url_for("me.page", done="passkey-added"), 303)

    def remove(self, passkey: str) -> AnyResponse:
        """Remove a passkey of the operator."""
        self._passkeys.manage.remove(session_of(request), passkey, g.now)
        return redirect(url_for("me.page", done="passkey-removed"), 303)

    def begin_acceptance(self, token: str) -> Response:
        """Return what a device is to make, to accept an invitation."""
        return _json(lambda: self._passkeys.manage.begin_acceptance(token, g.now))

    def accept(self, token: str) -> AnyResponse:
        """Accept an invitation by a passkey."""
        fields = request.form
        self._passkeys.manage.accept(
            token, fields.get("answer", ""), fields.get("passkey_name", ""), g.now
        )
        title = _("Fatto: adesso puoi entrare")
        return render("sign_in/codes.html", title=title, codes=(), again=False)

    def _signed_in(self, following: str, token: str) -> AnyResponse:
        response = gates.go_on(following, request.form.get("kept"))
        gates.begin_session(self._sessions, response, token)
        return response


def _presented() -> Any:
    # WHY: the module needs the library of the extra, and without it no address leads here.
    from gpd_soap.features.passkeys.sign_in import Presented

    return Presented(request.form.get("answer", ""), caller(request.environ))


def _json(begin: Callable[[], str]) -> Response:
    """Return the options of a ceremony; a refusal is a text for the page."""
    try:
        return Response(begin(), content_type=JSON)
    except Refusal as refusal:
        return Response(gates.words_of(refusal), REFUSED, content_type="text/plain; charset=utf-8")


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the addresses of passkeys."""
    pages, blueprint = (
        Pages(parts.passkeys, Sessions(parts.store)),
        Blueprint("passkeys", __name__, url_prefix="/console"),
    )
    for path, endpoint, view in (
        ("/passkey/begin", "begin", pages.begin),
        ("/passkey", "finish", pages.finish),
        ("/step-up/passkey/begin", "begin_step_up", pages.begin_step_up),
        ("/step-up/passkey", "finish_step_up", pages.finish_step_up),
        ("/me/passkeys/begin", "begin_add", pages.begin_add),
        ("/me/passkeys", "add", pages.add),
        ("/me/passkeys/<passkey>/remove", "remove", pages.remove),
        ("/invitation/<token>/passkey/begin", "begin_acceptance", pages.begin_acceptance),
        ("/invitation/<token>/passkey", "accept", pages.accept),
    ):
        blueprint.add_url_rule(path, endpoint, view, methods=["POST"])
    return blueprint
