"""Where the console begins."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from gpd_soap.console import menu
from gpd_soap.console.parts import Parts
from gpd_soap.console.viewer import viewer
from gpd_soap.store.configuration import read as configuration
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.store.database.transaction import read_only


class Root:
    """The view of the root."""

    def __init__(self, parts: Parts) -> None:
        """Use the store of these parts."""
        self._store = parts.store

    def start(self) -> Response:
        """Lead to the first page that the viewer may open."""
        current = viewer()
        if current.organization is None and current.operator.serves_every:
            first, all_of_them = read_only(
                self._store, lambda c: configuration.organizations(c, PageRequest(1, 0))
            )
            if all_of_them == 1:
                # WHY: a list of one organization would be a page without a use.
                return redirect(url_for("home.page", organization=first[0].fiscal_code), 303)
        for endpoint in ("home.page", "overview.page"):
            if menu.is_open(current, endpoint):
                return redirect(menu.address(current, endpoint), 303)
        return redirect(url_for("me.page"), 303)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the page at the root."""
    root = Root(parts)
    blueprint = Blueprint("root", __name__, url_prefix="/console")
    blueprint.add_url_rule("", "bare", root.start)
    blueprint.add_url_rule("/", "start", root.start)
    return blueprint
