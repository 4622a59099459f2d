"""Reading the journal of exchanges: a search, page by page, and one entry."""

from __future__ import annotations

from datetime import datetime, timedelta

from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.journal import entries
from gpd_soap.store.journal.entries import Entry, JournalQuery, Place
from gpd_soap.usecases import refusals
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.queries.journal import Searching

#: How far back is looked where nobody says how far.
BACK = timedelta(days=30)


def question(searching: Searching, organization: str | None, now: datetime) -> JournalQuery:
    """The question to the store.  Raises Malformed for a time that ends before it begins."""
    last = searching.last or now
    first = searching.first or last - BACK
    if last < first:
        raise refusals.Malformed([FieldError("to", "range", "not before `from`")])
    fields = searching.model_dump(exclude={"first", "last", "after"})
    after = None if searching.after is None else Place.of(searching.after)
    return JournalQuery(organization, first, last, after=after, **fields)


def page(database: Database, wanted: JournalQuery) -> tuple[list[Entry], Place | None]:
    """The entries of a page, and where the next page begins."""
    return read_only(database, lambda c: entries.page(c, wanted))


def entry(database: Database, organization: str | None, place: Place) -> Entry:
    """One entry.  Raises EntryNotFound if the organization has none there."""
    row = read_only(database, lambda c: entries.one(c, organization, place))
    if row is None:
        raise refusals.EntryNotFound
    return row
