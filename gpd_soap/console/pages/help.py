"""The help of each screen, and the glossary."""

from __future__ import annotations

import re

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from gpd_soap.console import words
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.words import _

#: The screens that have a help, by the subject of their pages; others get the general one.
SUBJECTS = frozenset(
    {
        *("general", "home", "notices", "notice", "position", "issue", "loads", "receipts"),
        *("worklist", "journal", "station", "overview", "config", "people", "keys", "audit", "me"),
    }
)
#: Pages and subjects that have the help of another subject; a page counts before its subject.
SAME = {
    "notices.show": "notice",
    "changes": "notice",
    "chosen": "notices",
    "search": "notices",
    "opening": "worklist",
    "prints": "notices",
    "services": "config",
    "positions": "position",
    "loads_print": "loads",
    "step_up": "me",
    "passkeys": "me",
    "provider": "me",
}
_NAME = re.compile(r"[a-z_]{1,32}(\.[a-z_]{1,32})?")


def page(subject: str) -> Response:
    """Return the help of a screen, named by its endpoint or by its subject."""
    if not _NAME.fullmatch(subject):
        raise NotFound
    group = subject.partition(".")[0]
    subject = SAME.get(subject) or SAME.get(group, group)
    return render(
        "help/page.html",
        title=_("Aiuto"),
        subject=subject if subject in SUBJECTS else "general",
        texts=f"help/{words.language.get()}.html",
    )


def make_blueprint(_parts: Parts) -> Blueprint:
    """Return the pages of help."""
    blueprint = Blueprint("help", __name__, url_prefix="/console/help")
    blueprint.add_url_rule("/<subject>", "page", page)
    return blueprint
