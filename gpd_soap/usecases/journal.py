"""Reads the journal of exchanges: a search, page by page, and one entry."""

from __future__ import annotations

from datetime import datetime, timedelta

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.journal import entries
from gpd_soap.store.journal.entries import Entry, EntryKey, JournalQuery
from gpd_soap.usecases import refusals
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.queries.journal import JournalSearch

#: Length of the searched window if the query does not say where it begins.
DEFAULT_WINDOW = timedelta(days=30)


def question(searching: JournalSearch, organization: str | None, now: datetime) -> JournalQuery:
    """Returns the query to the store.  Raises Malformed if the window ends before it begins."""
    last = searching.last or now
    first = searching.first or last - DEFAULT_WINDOW
    if last < first:
        raise refusals.Malformed([FieldError("to", "range", "not before `from`")])
    fields = searching.model_dump(exclude={"first", "last", "after"})
    after = None if searching.after is None else EntryKey.of(searching.after)
    return JournalQuery(organization, first, last, after=after, **fields)


def page(database: Database, query: JournalQuery) -> tuple[list[Entry], EntryKey | None]:
    """Returns the entries of a page, and where the next page begins."""
    return read_only(database, lambda c: entries.page(c, query))


def entry(database: Database, organization: str | None, position: EntryKey) -> Entry:
    """Returns one entry.  Raises EntryNotFound if the organization has none at `position`."""
    row = read_only(database, lambda c: entries.find(c, organization, position))
    if row is None:
        raise refusals.EntryNotFound
    return row
