"""Reading the receipts of payments: a search, page by page, and the receipt of an IUV."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from gpd_soap.core import rome
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.receipts import search as receipts
from gpd_soap.usecases import refusals
from gpd_soap.validation.fields import Since, Until
from gpd_soap.validation.finding import findings
from gpd_soap.validation.queries.receipts import Listing

#: SPEC: gpd-reference.md 4.7: how far a window reaches of which one end is known, or none.
MONTHS = 3

# WHY: not by the fields' own types, so that what is wrong with a date is called as GPD calls it.
SINCE: TypeAdapter[datetime] = TypeAdapter(Since)
UNTIL: TypeAdapter[datetime] = TypeAdapter(Until)


def question(listing: Listing, now: datetime) -> receipts.ReceiptQuery:
    """The question to the store.  Raises InvalidDateRange for a window that makes no sense."""
    since, until = _window(listing, now)
    if until is not None and since > until:
        raise refusals.InvalidDateRange
    return receipts.ReceiptQuery(
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
    database: Database, organization: str, wanted: receipts.ReceiptQuery
) -> tuple[list[receipts.Listed], int]:
    """The receipts of a page, and how many there are on all pages."""
    return read_only(database, lambda c: receipts.page(c, organization, wanted))


def document(
    database: Database, organization: str, iuv: str, codes: tuple[str, ...]
) -> receipts.Document:
    """The message that brought the receipt of an IUV, of one of these segregation codes or of any.

    Raises ReceiptForbidden if the IUV is of another code, ReceiptNotFound if there is none.
    """
    if codes and not iuv.startswith(codes):
        raise refusals.ReceiptForbidden
    row = read_only(database, lambda c: receipts.find(c, organization, iuv))
    if row is None:
        raise refusals.ReceiptNotFound
    return row


def _window(listing: Listing, now: datetime) -> tuple[datetime, datetime | None]:
    since, until = _read(SINCE, "from", listing.since), _read(UNTIL, "to", listing.until)
    if since is not None:
        return since, until or _moved(since, MONTHS)
    return _moved(until or now, -MONTHS), until


def _read(kind: TypeAdapter[datetime], name: str, told: str | None) -> datetime | None:
    if told is None:
        return None
    try:
        return kind.validate_python(told)
    except ValidationError as error:
        raise refusals.InvalidDateRange(findings(error, name)) from None


def _moved(instant: datetime, months: int) -> datetime:
    """The same time of the same day, months later or earlier, or of the last day of that month."""
    local = instant.astimezone(rome.ROME)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)
