"""Reading the audit: of one organization, or of all at once."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import Responses, Schema, answer, moments, objects, page_of, ref, texts
from gpd_soap.api.responses import camel_case, listed, rome_text
from gpd_soap.store.access import audit
from gpd_soap.store.access.audit import Change
from gpd_soap.store.access.keys import Role
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.store import Store
from gpd_soap.validation.queries.common import OfOrganization, Paged


def group(store: Store) -> Group:
    """The operations on the audit, for administrators."""
    changes = Changes(store)
    return Group("audit", lambda api: _declare(api, changes), _schemas, Role.ADMIN)


class Changes:
    """One method for each operation; its docstring is what the OpenAPI says of it."""

    def __init__(self, store: Store) -> None:
        """Take the store."""
        self._store = store

    def page(self, path: OfOrganization, query: Paged) -> Response:
        """List who changed what of an organization, the newest change first."""
        return self._page(path.organizationfiscalcode, query)

    def page_of_all(self, query: Paged) -> Response:
        """List who changed what, of every organization and of none, the newest change first."""
        return self._page(None, query)

    def _page(self, organization: str | None, query: Paged) -> Response:
        found, total = read_only(self._store, lambda c: audit.page(c, organization, query.slice()))
        return jsonify(listed("changes", [_told(change) for change in found], total, query))


def _declare(api: APIBlueprint, changes: Changes) -> None:
    page: Responses = {200: answer(ref("Changes"), "The changes, refused ones too.")}
    add(api.get, f"{ORGANIZATION}/audit", changes.page, "listChanges", None, page)
    add(api.get, "/audit", changes.page_of_all, "listChangesOfAll", None, page)


def _schemas() -> dict[str, Schema]:
    """Both bodies, by name."""
    change = objects(
        {
            **moments("at"),
            **texts("organization keyId keyName method path requestId"),
            "status": {"type": "integer"},
        }
    )
    return {"Change": change, "Changes": page_of("changes", "Change")}


def _told(change: Change) -> dict[str, object]:
    fields = change._asdict()
    at = rome_text(fields.pop("requested_at"))
    return camel_case(organization=fields.pop("organization"), at=at, **fields)
