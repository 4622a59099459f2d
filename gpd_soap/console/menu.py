"""The menu of an organization, and where the keys lead; a page that is not there is left out."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import current_app, request, url_for

from gpd_soap.console.access import PAGES
from gpd_soap.console.viewer import Viewer
from gpd_soap.console.words import N_, _


class Entry(NamedTuple):
    """A page of the menu; `key` follows G."""

    endpoint: str
    words: str
    key: str


class Link(NamedTuple):
    """An entry as it is shown; `here` is whether the page belongs to it."""

    address: str
    words: str
    key: str
    here: bool


MAIN = (
    Entry("home.page", N_("Oggi"), "O"),
    Entry("notices.page", N_("Avvisi"), "N"),
    Entry("worklist.page", N_("Da trattare"), "W"),
    Entry("loads.page", N_("Carichi"), "C"),
    Entry("receipts.page", N_("Ricevute"), "R"),
    Entry("journal.page", N_("Giornale"), "J"),
    Entry("station.page", N_("Stazione"), "S"),
)
ACTION = Entry("issue.form", N_("Nuovo avviso"), "A")
#: Beneath the operator's name.
MINE = (
    Entry("me.page", N_("Profilo e accesso"), ""),
    Entry("overview.page", N_("Cambia ente"), ""),
    Entry("config.page", N_("Impostazioni"), ""),
    Entry("people.page", N_("Persone"), ""),
    Entry("keys.page", N_("Chiavi"), ""),
    Entry("audit.page", N_("Registro degli accessi"), ""),
)


def links(viewer: Viewer, entries: tuple[Entry, ...]) -> list[Link]:
    """Return the entries that exist and that the viewer may open."""
    return [_link(viewer, each) for each in entries if is_open(viewer, each.endpoint)]


def is_open(viewer: Viewer, endpoint: str) -> bool:
    """Return whether a page exists, and the viewer may open it from here."""
    if endpoint not in current_app.view_functions:
        return False
    access = PAGES[endpoint]
    if access.every and not viewer.operator.serves_every:
        return False
    if access.scope is not None and not viewer.may(access.scope):
        return False
    if _needs_organization(endpoint) and viewer.organization is None:
        return False
    if endpoint == "overview.page" and not viewer.has_many:
        return False
    return viewer.is_at_least(access.role)


def address(viewer: Viewer, endpoint: str, **values: Any) -> str:
    """Return the address of a page of the viewer's organization."""
    if _needs_organization(endpoint):
        values["organization"] = viewer.code
    return url_for(endpoint, **values)


def _link(viewer: Viewer, entry: Entry) -> Link:
    subject = entry.endpoint.partition(".")[0]
    here = (request.endpoint or "").partition(".")[0] == subject
    return Link(address(viewer, entry.endpoint), _(entry.words), entry.key, here)


def _needs_organization(endpoint: str) -> bool:
    rules = current_app.url_map.iter_rules(endpoint)
    return any("organization" in rule.arguments for rule in rules)
