"""Lists the receipts of an organization, of every status, the last received first."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.store.receipts.worklist import Case, receipt_columns
from gpd_soap.store.rows import RECEIPT


class ReceiptFilter(NamedTuple):
    """Filters on receipts; both ends of the window are included, and a psp of None filters nothing.

    LIMIT: the receipts of one PSP are read among all those of the window.
    """

    since: datetime
    until: datetime
    statuses: tuple[ReceiptStatus, ...]
    psp: str | None = None


class ReceiptPlace(NamedTuple):
    """The place of a receipt in a list."""

    received_at: datetime
    digest: str


def page(
    connection: Connection,
    organization: str,
    listing: ReceiptFilter,
    limit: int,
    after: ReceiptPlace | None = None,
) -> tuple[list[Case], ReceiptPlace | None]:
    """Return the receipts after a place, and the place after which the next page begins, if any."""
    rows: list[tuple[ReceiptPlace, Case]] = []
    # WHY: an index has the receipts of each status in the order of time, and none those of all.
    for status in listing.statuses:
        statement = select(RECEIPT.digest, *receipt_columns()).where(
            RECEIPT.organization == organization,
            RECEIPT.kept == status,
            RECEIPT.received_at.between(listing.since, listing.until),
        )
        if listing.psp is not None:
            statement = statement.where(RECEIPT.psp == listing.psp)
        if after is not None:
            earlier = RECEIPT.received_at < after.received_at
            statement = statement.where(
                RECEIPT.received_at <= after.received_at,
                or_(earlier, RECEIPT.digest > after.digest),
            )
        ordered = statement.order_by(RECEIPT.received_at.desc(), RECEIPT.digest).limit(limit + 1)
        for digest, *columns in connection.execute(ordered):
            case = Case._make(columns)
            rows.append((ReceiptPlace(case.received_at, digest), case))
    # WHY: digests are hexadecimal, and each database sorts them as Python does.
    rows.sort(key=lambda row: row[0].digest)
    rows.sort(key=lambda row: row[0].received_at, reverse=True)
    following = rows[limit - 1][0] if len(rows) > limit else None
    return [case for _, case in rows[:limit]], following
