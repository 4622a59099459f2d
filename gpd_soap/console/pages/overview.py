"""A row for each organization of an operator: what waits, today's money, the Node's last call."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, g, request

from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import _
from gpd_soap.console.work import ages
from gpd_soap.store.receipts.queue import LATE
from gpd_soap.usecases.figures import many

#: LIMIT: a Node that did not call for a day is worth a look.
QUIET = timedelta(days=1)


#: LIMIT: characters of a text that was looked for.
MOST_SHOWN = 80


class Overview:
    """The view of all organizations."""

    def __init__(self, parts: Parts) -> None:
        """Use the store of these parts."""
        self._store = parts.store

    def page(self) -> Response:
        """Return the organizations of the operator."""
        operator = viewer().operator
        codes = None if operator.serves_every else operator.organizations
        after = request.args.get("after", "")[:11]
        briefs, following = many.briefs(self._store, codes, g.now, after)
        return render(
            "overview/overview.html",
            title=_("I tuoi enti"),
            briefs=briefs,
            following=following,
            after=after,
            text=request.args.get("q", "")[:MOST_SHOWN],
            ages=ages,
            late=g.now - LATE,
            quiet=g.now - QUIET,
        )


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the page of all organizations."""
    blueprint = Blueprint("overview", __name__, url_prefix="/console/overview")
    blueprint.add_url_rule("", "page", Overview(parts).page)
    return blueprint
