"""Signing in at the institution's OpenID provider: the way there, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, g, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from gpd_soap.console import gates
from gpd_soap.console.cookies import VISIT, drop_visit, put_visit, session_of
from gpd_soap.console.guard import is_from_elsewhere, reload
from gpd_soap.console.parts import Parts
from gpd_soap.console.returning import safe_address
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.authorize import Sessions
from gpd_soap.usecases.refusals import Refusal
from gpd_soap.wsgi.http import caller

if TYPE_CHECKING:
    from gpd_soap.features.oidc.sign_in import OidcSignIn
    from gpd_soap.features.oidc.visit import Visit

#: What stands between the secret of a visit and the address to go on to, in one cookie.
MARK = "|"


class Pages:
    """The visits to the provider; without one every address is unknown."""

    def __init__(self, provider: OidcSignIn | None, sessions: Sessions) -> None:
        """Use this provider."""
        self._given, self._sessions = provider, sessions

    @property
    def _provider(self) -> OidcSignIn:
        if self._given is None:
            raise NotFound
        return self._given

    def begin(self) -> Response:
        """Send the browser to the provider, to sign in."""
        following = safe_address(request.args.get("next"))
        try:
            visit = self._provider.begin(g.now)
        except people_refusals.ProviderUnavailable as refusal:
            return gates.sign_in(following, refusal=refusal)
        return _leave(visit, following)

    def step_up(self) -> Response:
        """Send the browser to the provider, to prove the factors again."""
        following = safe_address(request.args.get("next"))
        try:
            visit = self._provider.begin_step_up(session_of(request), g.now)
        except Refusal as refusal:
            return gates.step_up(following, refusal=refusal)
        return _leave(visit, following)

    def add(self) -> Response:
        """Send the browser to the provider, to add the identity there."""
        visit = self._provider.begin_add(session_of(request), g.now)
        return _leave(visit, url_for("me.page", done="identity-added"))

    def callback(self) -> Response:
        """End a visit.  The session's cookie comes once the page has loaded itself again."""
        provider = self._provider
        if is_from_elsewhere():
            return reload()
        # WHY: the module needs the library of the extra, and without a provider nobody comes here.
        from gpd_soap.features.oidc.visit import Returned

        secret, _mark, following = request.cookies.get(VISIT, "").partition(MARK)
        following = safe_address(following)
        returned = Returned(
            request.query_string.decode("ascii", "replace"), secret, caller(request.environ)
        )
        try:
            signed = provider.finish(returned, session_of(request) or None, g.now)
        except Refusal as refusal:
            response: Response = gates.sign_in(following, refusal=refusal)
        else:
            response = redirect(
                following if signed.proved else url_for("sign_in.code", next=following), 303
            )
            gates.begin_session(self._sessions, response, signed.token)
        drop_visit(response)
        return response


def _leave(visit: Visit, following: str) -> Response:
    response = redirect(visit.address, 303)
    put_visit(response, f"{visit.secret}{MARK}{following}")
    return response


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the addresses of the provider."""
    pages, blueprint = (
        Pages(parts.oidc, Sessions(parts.store)),
        Blueprint("provider", __name__, url_prefix="/console"),
    )
    for path, endpoint, view in (
        ("/oidc/begin", "begin", pages.begin),
        ("/oidc/step-up", "step_up", pages.step_up),
        ("/oidc/add", "add", pages.add),
        ("/oidc/callback", "callback", pages.callback),
    ):
        blueprint.add_url_rule(path, endpoint, view)
    return blueprint
