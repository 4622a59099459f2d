"""The people of the console: invited, suspended, given a new link."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console import menu
from gpd_soap.console.forms import Errors, errors_of, lines_of
from gpd_soap.console.gates import UNFIT
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import _, ngettext
from gpd_soap.store.people.operators import Operator, Scope
from gpd_soap.usecases.people import refusals as people_refusals
from gpd_soap.usecases.people.operators import Operators
from gpd_soap.usecases.people.rights import HOLDABLE, scopes_of
from gpd_soap.usecases.refusals import OrganizationNotRegistered
from gpd_soap.validation.finding import validate
from gpd_soap.validation.queries.operators import NewOperator

FIELDS = {"scopes": "scopes", "scope": "scopes", "organizations": "organizations"}


class Pages:
    """The pages about people; the guard has checked who may open them."""

    def __init__(self, parts: Parts) -> None:
        """Use the store and the random bytes of these parts."""
        self._parts = parts

    @property
    def _operators(self) -> Operators:
        return Operators(self._parts.store, self._parts.random, g.record)

    def page(self, organization: str) -> Response:
        """Return the list of operators."""
        everybody = self._operators.every()
        rights = {each.id: sorted(scopes_of(each)) for each in everybody}
        active = sum(each.disabled_at is None for each in everybody)
        text = ngettext(
            "%(number)d persona può entrare", "%(number)d persone possono entrare", active
        )
        title = text % {"number": active}
        return render("people/list.html", title=title, everybody=everybody, rights=rights)

    def new(self, organization: str) -> Response:
        """Return the form of an invitation."""
        return self._form({"organizations": organization, "role": "writer"}, set(), [])

    def invite(self, organization: str) -> Response:
        """Invite somebody, and show the link this once."""
        form = request.form
        scopes = set(form.getlist("scopes"))
        given = {
            "name": form.get("name", "").strip(),
            "mail": form.get("mail", "").strip() or None,
            "role": form.get("role", ""),
            "organizations": lines_of(form.get("organizations", "")),
            "scopes": sorted(scopes),
        }
        new = validate(NewOperator, given)
        if isinstance(new, tuple):
            return self._form(form, scopes, errors_of(new, FIELDS))
        try:
            operator, token = self._operators.invite(new, viewer().operator.name, g.now)
        except (people_refusals.InvalidOperator, OrganizationNotRegistered) as refusal:
            return self._form(form, scopes, errors_of(refusal.errors, FIELDS))
        except people_refusals.OperatorExists:
            return self._form(form, scopes, [("name", _("C’è già chi ha questo nome o posta."))])
        return self._link(operator, token)

    def show(self, organization: str, operator: str) -> Response:
        """Return the page of an operator."""
        details = self._operators.details(operator)
        scopes = sorted(scopes_of(details.operator))
        return render(
            "people/person.html", title=details.operator.name, details=details, scopes=scopes
        )

    def suspend(self, organization: str, operator: str) -> AnyResponse:
        """Suspend an operator."""
        self._operators.suspend(operator, g.now)
        return _back(operator, "suspended")

    def resume(self, organization: str, operator: str) -> AnyResponse:
        """Let a suspended operator in again."""
        self._operators.resume(operator)
        return _back(operator, "resumed")

    def end_sessions(self, organization: str, operator: str) -> AnyResponse:
        """End the sessions of an operator."""
        self._operators.end_sessions(operator)
        return _back(operator, "person-sessions-ended")

    def remove_passkey(self, organization: str, operator: str, passkey: str) -> AnyResponse:
        """Remove a passkey of an operator, whose sessions end."""
        self._operators.remove_passkey(operator, passkey)
        return _back(operator, "person-factor-removed")

    def remove_identity(self, organization: str, operator: str, identity: str) -> AnyResponse:
        """Remove an identity of an operator, whose sessions end."""
        self._operators.remove_identity(operator, identity)
        return _back(operator, "person-factor-removed")

    def reset(self, organization: str, operator: str) -> AnyResponse:
        """Remove every factor of an operator, and show a new link this once."""
        try:
            invited, token = self._operators.reset(operator, g.now)
        except people_refusals.OperatorSuspended:
            return _back(operator, "suspended")
        return self._link(invited, token)

    def _link(self, operator: Operator, token: str) -> Response:
        address = f"{self._parts.address}/console/invitation/{token}"
        title = _("Il link per %(name)s") % {"name": operator.name}
        return render("people/link.html", title=title, operator=operator, address=address)

    def _form(self, given: object, scopes: set[str], errors: Errors) -> Response:
        holdable = {role: [str(each) for each in held] for role, held in HOLDABLE.items()}
        return render(
            "people/new.html",
            UNFIT if errors else 200,
            title=_("Invita una persona"),
            given=given,
            scopes=scopes,
            every=list(Scope),
            holdable=holdable,
            errors=errors,
        )


def _back(operator: str, done: str) -> AnyResponse:
    return redirect(menu.address(viewer(), "people.show", operator=operator, done=done), 303)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages about people."""
    pages = Pages(parts)
    blueprint = Blueprint("people", __name__, url_prefix="/console/<organization>/people")
    blueprint.add_url_rule("", "page", pages.page)
    blueprint.add_url_rule("/new", "new", pages.new)
    blueprint.add_url_rule("/<operator>", "show", pages.show)
    for path, endpoint, view in (
        ("", "invite", pages.invite),
        ("/<operator>/suspend", "suspend", pages.suspend),
        ("/<operator>/resume", "resume", pages.resume),
        ("/<operator>/sessions", "end_sessions", pages.end_sessions),
        ("/<operator>/reset", "reset", pages.reset),
        ("/<operator>/passkeys/<passkey>/remove", "remove_passkey", pages.remove_passkey),
        ("/<operator>/identities/<identity>/remove", "remove_identity", pages.remove_identity),
    ):
        blueprint.add_url_rule(path, endpoint, view, methods=["POST"])
    return blueprint
