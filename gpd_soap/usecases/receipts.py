"""Reads the receipts of payments: a search, page by page, and the receipt of an IUV."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from gpd_soap.core import rome
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.receipts import search
from gpd_soap.usecases import refusals
from gpd_soap.validation.fields import Since, Until
from gpd_soap.validation.finding import findings
from gpd_soap.validation.queries.receipts import ReceiptSearch

#: SPEC: GPD payments: months in a window of which one end, or none, is given.
MONTHS = 3

# WHY: read here and not as fields, because GPD has a title of its own for a wrong date.
SINCE: TypeAdapter[datetime] = TypeAdapter(Since)
UNTIL: TypeAdapter[datetime] = TypeAdapter(Until)


def question(listing: ReceiptSearch, now: datetime) -> search.ReceiptQuery:
    """Returns the query to the store.

    Raises InvalidDateRange if a date is none, or if the window ends before it begins.
    """
    since, until = _window(listing, now)
    if until is not None and since > until:
        raise refusals.InvalidDateRange
    return search.ReceiptQuery(
        since=since,
        until=until,
        debtor=listing.debtor,
        service=listing.service,
        debtor_or_iuv=listing.debtor_or_iuv,
        segregation=listing.codes,
        limit=listing.page_size,
        page=listing.page_num,
    )


def page(
    database: Database, organization: str, query: search.ReceiptQuery
) -> tuple[list[search.Listed], int]:
    """Returns the receipts of a page, and how many there are on all pages."""
    return read_only(database, lambda c: search.page(c, organization, query))


def document(
    database: Database, organization: str, iuv: str, codes: tuple[str, ...]
) -> search.Document:
    """Returns the message that brought the receipt of an IUV.

    Raises ReceiptForbidden if there are `codes` and the IUV begins with none of them, and
    ReceiptNotFound if no receipt is stored.
    """
    if codes and not iuv.startswith(codes):
        raise refusals.ReceiptForbidden
    row = read_only(database, lambda c: search.find(c, organization, iuv))
    if row is None:
        raise refusals.ReceiptNotFound
    return row


def _window(listing: ReceiptSearch, now: datetime) -> tuple[datetime, datetime | None]:
    """Returns both ends of the window; the end is None where nothing bounds it."""
    since, until = _read(SINCE, "from", listing.since), _read(UNTIL, "to", listing.until)
    if since is not None:
        return since, until or _moved(since, MONTHS)
    return _moved(until or now, -MONTHS), until


def _read(kind: TypeAdapter[datetime], name: str, text: str | None) -> datetime | None:
    """Returns the instant of a parameter.  Raises InvalidDateRange if it is no date."""
    if text is None:
        return None
    try:
        return kind.validate_python(text)
    except ValidationError as error:
        raise refusals.InvalidDateRange(findings(error, name)) from None


def _moved(instant: datetime, months: int) -> datetime:
    """Returns the instant moved by calendar months, on the last day of a month that is shorter."""
    local = instant.astimezone(rome.ROME)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)
