"""Searching the journal and reading an entry: of one organization, or of all at once."""

from __future__ import annotations

from flask import Response, g, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.journal import responses as answers
from gpd_soap.api.openapi import Responses, answer, ref, refusals
from gpd_soap.clock import Clock
from gpd_soap.store.access.keys import Role
from gpd_soap.store.journal.entries import Place
from gpd_soap.store.store import Store
from gpd_soap.usecases import journal as use_case
from gpd_soap.validation.queries.common import NoQuery, OfOrganization
from gpd_soap.validation.queries.journal import OfAnyEntry, OfEntry, Searching


def group(store: Store, clock: Clock) -> Group:
    """The operations on the journal; a reader sees it masked."""
    journal = Journal(store, clock)
    return Group("journal", lambda api: _declare(api, journal), answers.schemas)


class Journal:
    """One method for each operation; its first line is what the OpenAPI says of it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Take the store and the clock."""
        self._store, self._clock = store, clock

    def page(self, path: OfOrganization, query: Searching) -> Response:
        """Search an organization's journal, the newest entries first."""
        return self._page(path.organizationfiscalcode, query)

    def page_of_all(self, query: Searching) -> Response:
        """Search the journal of all organizations, those that are not ours included."""
        return self._page(None, query)

    def read(self, path: OfEntry, query: NoQuery) -> Response:
        """Read an entry of an organization's journal."""
        return self._one(path.organizationfiscalcode, path.id)

    def read_any(self, path: OfAnyEntry, query: NoQuery) -> Response:
        """Read an entry of the journal, whosever it is."""
        return self._one(None, path.id)

    def _page(self, organization: str | None, query: Searching) -> Response:
        wanted = use_case.question(query, organization, self._clock())
        found, after = use_case.page(self._store, wanted)
        return jsonify(answers.page(found, after, masked=_masked()))

    def _one(self, organization: str | None, reference: str) -> Response:
        place = Place.of(reference)
        found = use_case.entry(self._store, organization, place)
        return jsonify(answers.entry(found, masked=_masked()))


def _masked() -> bool:
    """Whether whoever asks sees no more than is needed to help somebody who has a notice."""
    masked: bool = g.key.role is Role.READER
    return masked


def _declare(api: APIBlueprint, journal: Journal) -> None:
    said = "The newest entries, and how to ask for older ones."
    page: Responses = {200: answer(ref("JournalPage"), said)}
    entry: Responses = {200: answer(ref("JournalEntry"), "The entry."), **refusals(404)}
    add(api.get, f"{ORGANIZATION}/journal", journal.page, "searchJournal", None, page)
    add(api.get, f"{ORGANIZATION}/journal/<id>", journal.read, "getJournalEntry", None, entry)
    add(api.get, "/journal", journal.page_of_all, "searchJournalOfAll", None, page)
    add(api.get, "/journal/<id>", journal.read_any, "getJournalEntryOfAny", None, entry)
