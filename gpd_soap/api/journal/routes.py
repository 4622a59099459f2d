"""The operations on the journal: a search and an entry, of one organization or of all."""

from __future__ import annotations

from flask import Response, g, jsonify
from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.groups import ORGANIZATION, Group, add
from gpd_soap.api.journal import models, responses
from gpd_soap.api.openapi import Responses, answer, refusals
from gpd_soap.clock import Clock
from gpd_soap.store.access.keys import Role
from gpd_soap.store.journal.entries import EntryKey
from gpd_soap.store.store import Store
from gpd_soap.usecases import journal, tally
from gpd_soap.validation.queries.common import NoQuery, OrganizationPath
from gpd_soap.validation.queries.journal import AnyEntryPath, EntryPath, JournalSearch
from gpd_soap.validation.queries.tally import TallyQuery


def group(store: Store, clock: Clock) -> Group:
    """Returns the operations on the journal, which is masked for a reader's key."""
    operations = Journal(store, clock)
    return Group(
        "journal",
        "Journal of the exchanges with the Node (Giornale degli Eventi).",
        lambda api: _declare(api, operations),
        models.MODELS,
    )


class Journal:
    """One method for each operation; its docstring is in the OpenAPI document."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Use these collaborators; `clock` returns the UTC time of each request."""
        self._store, self._clock = store, clock

    def page(self, path: OrganizationPath, query: JournalSearch) -> Response:
        """Search an organization's journal, the newest entries first."""
        return self._page(path.organizationfiscalcode, query)

    def page_of_all(self, query: JournalSearch) -> Response:
        """Search the journal of all organizations, also of those that are not registered."""
        return self._page(None, query)

    def read(self, path: EntryPath, query: NoQuery) -> Response:
        """Read an entry of an organization's journal."""
        return self._one(path.organizationfiscalcode, path.id)

    def read_any(self, path: AnyEntryPath, query: NoQuery) -> Response:
        """Read an entry of the journal, of any organization."""
        return self._one(None, path.id)

    def tally(self, path: OrganizationPath, query: TallyQuery) -> Response:
        """Count an organization's exchanges by hour, day or month, with their durations.

        It outlives the journal's entries.
        """
        return self._tally(path.organizationfiscalcode, query)

    def tally_of_all(self, query: TallyQuery) -> Response:
        """Count the exchanges of all organizations together, by hour, day or month."""
        return self._tally(None, query)

    def _tally(self, organization: str | None, query: TallyQuery) -> Response:
        rows = tally.read(self._store, organization, query, self._clock())
        return jsonify(responses.tally(rows))

    def _page(self, organization: str | None, query: JournalSearch) -> Response:
        journal_query = journal.question(query, organization, self._clock())
        rows, after = journal.page(self._store, journal_query)
        return jsonify(responses.page(rows, after, masked=_masked()))

    def _one(self, organization: str | None, reference: str) -> Response:
        row = journal.entry(self._store, organization, EntryKey.of(reference))
        return jsonify(responses.entry(row, masked=_masked()))


def _masked() -> bool:
    """Returns whether the key sees only what it needs to help somebody who has a notice."""
    masked: bool = g.key.role is Role.READER
    return masked


def _declare(api: APIBlueprint, operations: Journal) -> None:
    """Declares every operation on the journal."""
    page: Responses = {200: answer(models.JournalPage, "The newest entries.")}
    counted: Responses = {200: answer(models.TallyRows, "The tally of the window.")}
    add(api.get, f"{ORGANIZATION}/tally", operations.tally, "readTally", None, counted)
    add(api.get, "/tally", operations.tally_of_all, "readTallyOfAll", None, counted)
    entry: Responses = {200: answer(models.JournalEntry, "The entry."), **refusals(404)}
    add(api.get, f"{ORGANIZATION}/journal", operations.page, "searchJournal", None, page)
    add(api.get, f"{ORGANIZATION}/journal/<id>", operations.read, "getJournalEntry", None, entry)
    add(api.get, "/journal", operations.page_of_all, "searchJournalOfAll", None, page)
    add(api.get, "/journal/<id>", operations.read_any, "getJournalEntryOfAny", None, entry)
