"""The operations on the audit: the changes of one organization, or of all."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.audit import models, responses
from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import Responses, answer
from gpd_soap.api.responses import listed
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from gpd_soap.usecases.access import audit
from gpd_soap.validation.queries.audit import AuditSearch
from gpd_soap.validation.queries.common import OrganizationPath


def group(store: Store) -> Group:
    """Returns the operations on the audit, for administrators."""
    changes = Changes(store)
    return Group(
        "audit",
        "Audit: who changed what, and who read a person's data.",
        lambda api: _declare(api, changes),
        models.MODELS,
        Role.ADMIN,
    )


class Changes:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store) -> None:
        """Use `store` for every operation."""
        self._store = store

    def page(self, path: OrganizationPath, query: AuditSearch) -> Response:
        """List the changes of an organization, or readings of persons' data, the newest first."""
        return self._page(path.organizationfiscalcode, query)

    def page_of_all(self, query: AuditSearch) -> Response:
        """List the changes, or readings, of all organizations and of none, the newest first."""
        return self._page(None, query)

    def _page(self, organization: str | None, query: AuditSearch) -> Response:
        filters = audit.question(query)
        rows, total = audit.page(self._store, organization, query.slice(), filters)
        return jsonify(listed("changes", [responses.change(row) for row in rows], total, query))


def _declare(api: APIBlueprint, changes: Changes) -> None:
    page: Responses = {200: answer(models.Changes, "A page of changes, also refused ones.")}
    add(api.get, f"{ORGANIZATION}/audit", changes.page, "listChanges", None, page)
    add(api.get, "/audit", changes.page_of_all, "listChangesOfAll", None, page)
