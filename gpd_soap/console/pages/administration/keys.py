"""The keys of the API: made, shown once, revoked."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from gpd_soap.console import menu
from gpd_soap.console.forms import Errors, errors_of, lines_of
from gpd_soap.console.gates import UNFIT
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import _, ngettext
from gpd_soap.store.access.keys import Key
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access.keys import Keys
from gpd_soap.validation.finding import validate
from gpd_soap.validation.queries.keys import NewKey

FIELDS = {"expiresAt": "expires"}


class Pages:
    """The pages about keys; the guard has checked who may open them."""

    def __init__(self, parts: Parts) -> None:
        """Use the store of these parts."""
        self._parts = parts

    @property
    def _keys(self) -> Keys:
        return Keys(self._parts.store, g.record)

    def page(self, organization: str) -> Response:
        """Return the list of keys, those that work first."""
        return self._page({"organizations": organization, "role": "writer"}, [])

    def create(self, organization: str) -> Response:
        """Make a key, and show it this once."""
        form = request.form
        given = {
            "name": form.get("name", "").strip(),
            "role": form.get("role", ""),
            "organizations": lines_of(form.get("organizations", "")),
            "expiresAt": form.get("expires") or None,
        }
        new = validate(NewKey, given)
        if isinstance(new, tuple):
            return self._page(form, errors_of(new, FIELDS))
        try:
            key, token = self._keys.create(new, g.now)
        except (
            refusals.OrganizationsNotNamed,
            refusals.OrganizationNotRegistered,
            refusals.ExpiryPassed,
        ) as refusal:
            return self._page(form, errors_of(refusal.errors, FIELDS))
        title = _("La chiave «%(name)s»") % {"name": key.name}
        return render("keys/new.html", title=title, token=token)

    def revoke(self, organization: str, key: str) -> AnyResponse:
        """Revoke a key."""
        self._keys.revoke(key, g.now)
        return redirect(menu.address(viewer(), "keys.page", done="key-revoked"), 303)

    def _page(self, given: Mapping[str, str], errors: Errors) -> Response:
        every = self._keys.every()
        working = [each for each in every if _works(each)]
        number = len(working)
        text = ngettext("%(number)d chiave funziona", "%(number)d chiavi funzionano", number)
        title = text % {"number": number} if number else _("Nessuna chiave funziona")
        return render(
            "keys/list.html",
            UNFIT if errors else 200,
            title=title,
            working=working,
            others=[each for each in every if not _works(each)],
            given=given,
            errors=errors,
        )


def _works(key: Key) -> bool:
    return key.revoked_at is None and not key.has_expired(g.now)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages about keys."""
    pages = Pages(parts)
    blueprint = Blueprint("keys", __name__, url_prefix="/console/<organization>/keys")
    blueprint.add_url_rule("", "page", pages.page)
    blueprint.add_url_rule("", "create", pages.create, methods=["POST"])
    blueprint.add_url_rule("/<key>/revoke", "revoke", pages.revoke, methods=["POST"])
    return blueprint
