"""Who did what, and who read a person's data."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request

from gpd_soap.console import menu
from gpd_soap.console.deeds import DEEDS
from gpd_soap.console.forms import errors_of
from gpd_soap.console.gates import UNFIT
from gpd_soap.console.parts import Parts
from gpd_soap.console.rendering import render
from gpd_soap.console.viewer import viewer
from gpd_soap.console.words import N_, _
from gpd_soap.core import rome
from gpd_soap.store.access.audit import READ, AuditFilter, Change, ChangeKey
from gpd_soap.usecases import refusals
from gpd_soap.usecases.access import audit
from gpd_soap.validation.finding import FieldError, validate
from gpd_soap.validation.queries.audit import AuditSearch

#: LIMIT: rows of a page.
ROWS = 30
#: LIMIT: digits of the largest number that both databases compare, and that number.
MOST_DIGITS, MOST = 19, 2**63 - 1
#: The fields of the form, which are those of the query of the API.
FIELDS = ("kind", "nav", "from", "to")
KINDS = {
    "change": N_("Modifiche"),
    "read": N_("Letture di persone"),
    "all": N_("Tutto"),
}


class Pages:
    """The pages of the audit; the guard has checked who may open them."""

    def __init__(self, parts: Parts) -> None:
        """Use the store of these parts."""
        self._parts = parts

    def page(self, organization: str) -> Response:
        """Return rows of the organization, the newest first."""
        given = {name: value.strip() for name, value in request.args.items() if value.strip()}
        wrong, filters = _filters(given)
        # WHY: signing in is about no organization, and who may see every one may see that too.
        every = filters.actor is not None and viewer().operator.serves_every
        whose = None if every else organization
        after = _key(given.get("after", ""))
        changes, going_on, names = audit.newest(self._parts.store, whose, filters, ROWS, after)
        return render(
            "audit/list.html",
            UNFIT if wrong else 200,
            title=_("Registro degli accessi"),
            rows=[_row(each, names) for each in changes],
            following=_following(given, going_on),
            kinds=[(name, _(words)) for name, words in KINDS.items()],
            given=given,
            who=names.get(given.get("actor", "")),
            errors=errors_of(wrong, {"first": "from", "last": "to"}),
        )


def _filters(given: Mapping[str, str]) -> tuple[tuple[FieldError, ...], AuditFilter]:
    """Return what is wrong with a query, and its filters; nothing is filtered by a wrong one."""
    query = {name: given[name] for name in FIELDS if name in given}
    if "nav" in query:
        query["nav"] = "".join(query["nav"].split())
    search = validate(AuditSearch, query)
    if isinstance(search, tuple):
        return search, AuditFilter()
    try:
        filters = audit.question(search)
    except refusals.Malformed as refusal:
        return refusal.errors, AuditFilter()
    return (), filters._replace(actor=given.get("actor"))


def _row(change: Change, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a row as it is shown: when, who, what, about what."""
    who = {
        "operator": names.get(change.actor or "", change.actor),
        "key": _("chiave «%(name)s»") % {"name": change.key_name},
        "command": _("comando di %(name)s") % {"name": change.actor},
    }.get(change.actor_kind, change.actor)
    about = change.nav or change.iupd or change.receipt_id or change.resource or ""
    return {
        "change": change,
        "who": who,
        "about": about,
        "deed": _(DEEDS[change.path]) if change.path in DEEDS else change.path,
        "notice": change.nav,
        "is_reading": change.method == READ,
        "was_refused": change.status >= HTTPStatus.BAD_REQUEST,
    }


def _key(text: str) -> ChangeKey | None:
    """Return where the list goes on, from the text that `_following` wrote; None for others."""
    instant, _mark, number = text.rpartition("_")
    is_short = number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS
    if not is_short or int(number) > MOST:
        return None
    try:
        return ChangeKey(rome.parse_instant(instant), int(number))
    except ValueError:
        return None


def _following(given: Mapping[str, str], going_on: ChangeKey | None) -> str:
    if going_on is None:
        return ""
    after = f"{going_on.requested_at.isoformat()}_{going_on.id}"
    filters = {name: value for name, value in given.items() if name in {*FIELDS, "actor"}}
    return menu.address(viewer(), "audit.page", **filters, after=after)


def make_blueprint(parts: Parts) -> Blueprint:
    """Return the pages of the audit."""
    blueprint = Blueprint("audit", __name__, url_prefix="/console/<organization>/audit")
    blueprint.add_url_rule("", "page", Pages(parts).page)
    return blueprint
