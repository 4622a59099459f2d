"""A receipt and its notice find each other, whichever comes first.

A receipt that finds no notice is kept as unmatched; a position that arrives looks for receipts
that wait for it.  The two could miss each other while both are under way, so they meet at a lock
on the organization: positions share it, an unmatched receipt has it alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, select, update

from gpd_soap.core.debt import Claim
from gpd_soap.core.receipt import Kept, Receipt, settle
from gpd_soap.store import schema
from gpd_soap.store.errors import Contended
from gpd_soap.store.questions import known_of, receipt_question
from gpd_soap.store.settle import bound, guard, keep_alone, mark_paid

RECEIPT = schema.receipt.c


def announce_positions(connection: Connection, organization: str) -> None:
    """Hold back unmatched receipts of this organization until the caller's commit."""
    _lock(connection, func.pg_advisory_xact_lock_shared, organization)


def keep_unmatched(connection: Connection, values: dict[str, Any]) -> bool:
    """Keep a receipt as unmatched; False when its notice has appeared, or its id is kept."""
    _lock(connection, func.pg_advisory_xact_lock, values["organization"])
    option = schema.payment_option.c
    there = select(option.nav).where(
        option.organization == values["organization"], option.nav == values["nav"]
    )
    if connection.execute(there).first() is not None:
        return False
    return bool(connection.execute(keep_alone(connection.dialect), bound(values)).first())


def match_waiting(connection: Connection, organization: str, now: datetime) -> int:
    """Settle the unmatched receipts whose notice is there by now; say how many."""
    option = schema.payment_option.c
    waiting = (
        connection.execute(
            select(schema.receipt)
            .join(
                schema.payment_option,
                and_(option.organization == RECEIPT.organization, option.nav == RECEIPT.nav),
            )
            .where(RECEIPT.organization == organization, RECEIPT.kept == str(Kept.UNMATCHED))
            .order_by(RECEIPT.received_at, RECEIPT.receipt_id)
        )
        .mappings()
        .all()
    )
    for row in waiting:
        _settle_waiting(connection, row, now)
    return len(waiting)


def _settle_waiting(connection: Connection, row: RowMapping, now: datetime) -> None:
    receipt = _receipt_of(row)
    asked = {
        "idpa": receipt.claim.organization,
        "broker": receipt.claim.broker,
        "station": receipt.claim.station,
        "nav": receipt.nav,
        "iuv": receipt.iuv,
        "receipt_id": receipt.receipt_id,
    }
    known = known_of([tuple(r) for r in connection.execute(receipt_question(), asked)])
    verdict = settle(receipt, known._replace(same_id=None), now)
    connection.execute(
        update(schema.receipt)
        .where(RECEIPT.organization == row["organization"])
        .where(RECEIPT.receipt_id == row["receipt_id"], RECEIPT.variant == row["variant"])
        .values(kept=str(verdict.kept), reasons="; ".join(verdict.reasons))
    )
    if verdict.pays and known.notice is not None:
        seen = {"iupd": known.notice.iupd, "seen": known.notice.version}
        if connection.execute(guard(), bound({**row, **seen, "received_at": now})).first() is None:
            raise Contended("a waiting receipt's position changed")
        connection.execute(mark_paid(), bound({**row, "received_at": now}))


def _receipt_of(row: RowMapping) -> Receipt:
    claim = Claim(row["organization"], row["broker"], row["station"])
    return Receipt(claim, **{name: row[name] for name in Receipt._fields[1:]})


def _lock(connection: Connection, take: Any, organization: str) -> None:
    # WHY: SQLite needs none, its transactions stand in line from their BEGIN IMMEDIATE.
    if connection.dialect.name == "postgresql":
        connection.execute(select(take(func.hashtextextended(organization, 0))))
