"""The operations on the audit: the changes of one organization, or of all."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.audit import models
from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import Responses, answer
from gpd_soap.api.responses import Body, camel_case, listed, rome_text
from gpd_soap.store.access import audit
from gpd_soap.store.access.audit import Change
from gpd_soap.store.access.keys import Role
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.store import Store
from gpd_soap.validation.queries.common import OrganizationPath, Paged


def group(store: Store) -> Group:
    """Returns the operations on the audit, for administrators."""
    changes = Changes(store)
    return Group(
        "audit",
        "Audit: which key changed what.",
        lambda api: _declare(api, changes),
        models.MODELS,
        Role.ADMIN,
    )


class Changes:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store) -> None:
        """Use `store` for every operation."""
        self._store = store

    def page(self, path: OrganizationPath, query: Paged) -> Response:
        """List the changes of an organization with their keys, the newest first."""
        return self._page(path.organizationfiscalcode, query)

    def page_of_all(self, query: Paged) -> Response:
        """List the changes of all organizations, and of none, with their keys, the newest first."""
        return self._page(None, query)

    def _page(self, organization: str | None, query: Paged) -> Response:
        rows, total = read_only(self._store, lambda c: audit.page(c, organization, query.slice()))
        return jsonify(listed("changes", [_change(row) for row in rows], total, query))


def _declare(api: APIBlueprint, changes: Changes) -> None:
    page: Responses = {200: answer(models.Changes, "A page of changes, also refused ones.")}
    add(api.get, f"{ORGANIZATION}/audit", changes.page, "listChanges", None, page)
    add(api.get, "/audit", changes.page_of_all, "listChangesOfAll", None, page)


def _change(change: Change) -> Body:
    fields = change._asdict()
    time = rome_text(fields.pop("requested_at"))
    return camel_case(organization=fields.pop("organization"), at=time, **fields)
