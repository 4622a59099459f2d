"""An operator's own page."""

from __future__ import annotations

from flask import Blueprint, Response

from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.words import _


def page() -> Response:
    """Return the operator's own page."""
    return render("me/me.html", title=_("Profilo e accesso"))


def room(_parts: Parts) -> Blueprint:
    """Return the operator's own pages."""
    blueprint = Blueprint("me", __name__, url_prefix="/console/me")
    blueprint.add_url_rule("", "page", page)
    return blueprint
