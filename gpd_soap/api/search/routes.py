"""The list of notices, and the search of what a person types or scans."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.audit.trail import set_subjects
from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.openapi import answer
from gpd_soap.api.search import models, responses
from gpd_soap.clock import Clock
from gpd_soap.store.access.audit import Subject
from gpd_soap.store.store import Store
from gpd_soap.usecases import search
from gpd_soap.validation.queries.common import OrganizationPath
from gpd_soap.validation.queries.search import NoticesQuery, SearchQuery


def group(store: Store, clock: Clock) -> Group:
    """Returns the operations that list and search notices, which show persons."""
    searches = Searches(store, clock)
    return Group(
        "search",
        "Search: notices by debtor, name or number, and whatever a person types or scans.",
        lambda api: _declare(api, searches),
        models.MODELS,
        persons=frozenset(["listNotices", "search"]),
    )


class Searches:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Use these collaborators; `clock` returns the UTC time of each request."""
        self._store, self._clock = store, clock

    def notices(self, path: OrganizationPath, query: NoticesQuery) -> Response:
        """List the notices of an organization, those of a debtor, of a name or of a number.

        A late page costs as much as the first.  `total` counts up to 1,000.
        """
        page = search.notice_page(self._store, path.organizationfiscalcode, query)
        if len(page.notices) == 1:
            set_subjects(Subject(page.notices[0].nav, page.notices[0].iupd))
        return jsonify(responses.notices_page(page, query.limit, self._clock()))

    def search(self, path: OrganizationPath, query: SearchQuery) -> Response:
        """Search a notice, a debtor, a position, a receipt or a case by what a person types.

        The answer says what the text was taken for, and what else it can be.
        """
        organization = path.organizationfiscalcode
        result = search.search(self._store, organization, query.text, query.limit)
        if result.hits is not None and len(result.hits.notices) == 1:
            [notice] = result.hits.notices
            set_subjects(Subject(notice.nav, notice.iupd))
        return jsonify(responses.search(result, self._clock()))


def _declare(api: APIBlueprint, searches: Searches) -> None:
    add(
        api.get, f"{ORGANIZATION}/notices", searches.notices, "listNotices", None,
        {200: answer(models.Notices, "A page of notices.")},
    )  # fmt: skip
    add(
        api.get, f"{ORGANIZATION}/search", searches.search, "search", None,
        {200: answer(models.Search, "What the text finds.")},
    )  # fmt: skip
