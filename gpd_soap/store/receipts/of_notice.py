"""Reads every receipt that names a notice, with how it was paid."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from gpd_soap.core.case_id import CaseKey, case_id
from gpd_soap.core.receipt import NEEDS_A_PERSON
from gpd_soap.store.rows import RECEIPT


class NoticeReceipt(NamedTuple):
    """A receipt of a notice; `kept` is its status, `reasons` are separated by "; "."""

    receipt_id: str
    variant: int
    kept: str
    reasons: str
    outcome: str
    amount: int
    fee: int | None
    psp: str
    psp_name: str
    channel: str
    method: str | None
    paid_at: datetime | None
    received_at: datetime
    copies: int
    stand_in: bool
    resolved_at: datetime | None
    resolved_as: str | None

    @property
    def case(self) -> str:
        """The id of the receipt in addresses and lists."""
        return case_id(CaseKey(self.receipt_id, self.variant))

    @property
    def is_open(self) -> bool:
        """Whether a person must still see to it."""
        return self.kept in NEEDS_A_PERSON and self.resolved_at is None


def of_notice(
    connection: Connection, organization: str, nav: str, limit: int
) -> list[NoticeReceipt]:
    """Returns at most `limit` receipts of a notice, the first received first."""
    statement = (
        select(*(RECEIPT[name] for name in NoticeReceipt._fields))
        .where(RECEIPT.organization == organization, RECEIPT.nav == nav)
        .order_by(RECEIPT.received_at, RECEIPT.receipt_id, RECEIPT.variant)
        .limit(limit)
    )
    return [NoticeReceipt._make(row) for row in connection.execute(statement)]
