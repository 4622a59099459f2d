"""How much money came, by the receipts that arrived in a window."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.store.rows import RECEIPT

#: The statuses of receipts of money for the organization.  A conflicting receipt repeats another,
#: a secondary one is of another organization's notice, and with `not-paid` nothing was taken.
OF_MONEY = (
    ReceiptStatus.APPLIED,
    ReceiptStatus.REVIEW,
    ReceiptStatus.DOUBLE,
    ReceiptStatus.UNMATCHED,
)


class Money(NamedTuple):
    """How many receipts came, and their amounts in cents together."""

    receipts: int
    amount: int


def taken(connection: Connection, organization: str, first: datetime, last: datetime) -> Money:
    """Return the money of the receipts that arrived in a window, both ends included."""
    statement = select(func.count(), func.sum(RECEIPT.amount)).where(
        RECEIPT.organization == organization,
        RECEIPT.kept.in_(OF_MONEY),
        RECEIPT.received_at.between(first, last),
    )
    receipts, amount = connection.execute(statement).one()
    return Money(receipts, int(amount or 0))
