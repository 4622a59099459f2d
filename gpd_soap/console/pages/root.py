"""Where the console begins."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from gpd_soap.console import menu
from gpd_soap.console.parts import Parts
from gpd_soap.console.viewer import viewer


def start() -> Response:
    """Lead to the first page that the viewer may open."""
    current = viewer()
    for endpoint in ("home.page", "overview.page"):
        if menu.is_open(current, endpoint):
            return redirect(menu.address(current, endpoint), 303)
    return redirect(url_for("me.page"), 303)


def room(_parts: Parts) -> Blueprint:
    """Return the page at the root."""
    blueprint = Blueprint("root", __name__, url_prefix="/console")
    blueprint.add_url_rule("", "bare", start)
    blueprint.add_url_rule("/", "start", start)
    return blueprint
