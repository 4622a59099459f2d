"""Lists the receipts of an organization, of every status, the last received first."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, or_, select

from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.store.receipts.worklist import Case, receipt_columns
from gpd_soap.store.rows import RECEIPT

#: LIMIT: receipts of each status that one page of a PSP's looks at, so that the page of a large
#: town stays within 150 ms.
MOST_LOOKED_AT = 3000


class ReceiptFilter(NamedTuple):
    """Filters on receipts; both ends of the window are included, and a psp of None filters nothing.

    No index has the receipts of one PSP.  So a page of them may be short or empty, and says from
    where to go on.
    """

    since: datetime
    until: datetime
    statuses: tuple[ReceiptStatus, ...]
    psp: str | None = None


class ReceiptListKey(NamedTuple):
    """The key of a receipt in a list."""

    received_at: datetime
    digest: str


def page(
    connection: Connection,
    organization: str,
    listing: ReceiptFilter,
    limit: int,
    after: ReceiptListKey | None = None,
) -> tuple[list[Case], ReceiptListKey | None]:
    """Return the receipts after a key, and the key after which the next page begins, if any."""
    rows: list[tuple[ReceiptListKey, Case]] = []
    stops: list[ReceiptListKey] = []
    # WHY: an index has the receipts of each status in the order of time, and none those of all.
    for status in listing.statuses:
        statement = select(RECEIPT.digest, *receipt_columns()).where(
            RECEIPT.organization == organization,
            RECEIPT.kept == status,
            RECEIPT.received_at.between(listing.since, listing.until),
        )
        if after is not None:
            earlier = RECEIPT.received_at < after.received_at
            statement = statement.where(
                RECEIPT.received_at <= after.received_at,
                or_(earlier, RECEIPT.digest > after.digest),
            )
        ordered = statement.order_by(RECEIPT.received_at.desc(), RECEIPT.digest)
        if listing.psp is None:
            ordered = ordered.limit(limit + 1)
        else:
            stops += _stop(connection, ordered)
            ordered = _of_psp(ordered, listing.psp).limit(limit + 1)
        for digest, *columns in connection.execute(ordered):
            case = Case._make(columns)
            rows.append((ReceiptListKey(case.received_at, digest), case))
    rows.sort(key=lambda row: _newest_first(row[0]))
    # WHY: after the key at which the first of the statuses stopped, others may be missing.
    stop = min(stops, key=_newest_first, default=None)
    if stop is not None:
        rows = [row for row in rows if _newest_first(row[0]) <= _newest_first(stop)]
    following = rows[limit - 1][0] if len(rows) > limit else stop
    return [case for _, case in rows[:limit]], following


def _stop(connection: Connection, ordered: Select[Any]) -> list[ReceiptListKey]:
    """Return the key of the last receipt that a page looks at, or nothing if it looks at all."""
    keys = ordered.with_only_columns(RECEIPT.received_at, RECEIPT.digest)
    last = connection.execute(keys.offset(MOST_LOOKED_AT - 1).limit(1)).first()
    return [] if last is None else [ReceiptListKey(*last)]


def _of_psp(ordered: Select[Any], psp: str) -> Select[Any]:
    """Return the statement of the receipts of a PSP among the next ones."""
    looked_at = ordered.limit(MOST_LOOKED_AT).subquery("looked_at")
    order = looked_at.c.received_at.desc(), looked_at.c.digest
    return select(looked_at).where(looked_at.c.psp == psp).order_by(*order)


def _newest_first(key: ReceiptListKey) -> tuple[float, str]:
    """Return the order of a key, the last received first."""
    # WHY: digests are hexadecimal, and each database sorts them as Python does.
    return -key.received_at.timestamp(), key.digest
