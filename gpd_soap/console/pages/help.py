"""The help of each screen, and the glossary."""

from __future__ import annotations

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
#: Subjects that share the help of another one.
SAME = {"search": "notices", "case": "worklist", "step_up": "me", "root": "general"}
#: The language of the help in each language of the console.
LANGUAGES = {"it": "it"}
OTHER = "en"


def page(subject: str) -> Response:
    """Return the help of a screen."""
    subject = SAME.get(subject, subject)
    if not subject.isidentifier():
        raise NotFound
    language = LANGUAGES.get(words.language.get(), OTHER)
    return render(
        "help/page.html",
        title=_("Aiuto"),
        subject=subject if subject in SUBJECTS else "general",
        texts=f"help/{language}.html",
        text_language=language,
    )


def room(_parts: Parts) -> Blueprint:
    """Return the pages of help."""
    blueprint = Blueprint("help", __name__, url_prefix="/console/help")
    blueprint.add_url_rule("/<subject>", "page", page)
    return blueprint
