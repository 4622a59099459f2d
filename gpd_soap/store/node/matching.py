"""A receipt and its notice find each other, whichever comes first.

A receipt that finds no notice is kept as unmatched; a position that arrives looks for receipts
that wait for it, and so may a person.  They could miss each other while under way, so they meet at
a lock on the organization: positions share it, an unmatched receipt and a person have it alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, or_, select, update

from gpd_soap.core.debt import NodeRoute, Notice
from gpd_soap.core.receipt import (
    Receipt,
    ReceiptFacts,
    ReceiptStatus,
    Verdict,
    settle,
    settle_by_hand,
)
from gpd_soap.store import tables
from gpd_soap.store.database.errors import Contended
from gpd_soap.store.node.queries import receipt_question
from gpd_soap.store.node.settlement import bound, guard, keep_alone, mark_paid, seen
from gpd_soap.store.rows import OPTION, POSITION, RECEIPT, known_of


def lock_matching_shared(connection: Connection, organization: str) -> None:
    """Hold back unmatched receipts of this organization until the caller's commit."""
    _lock(connection, func.pg_advisory_xact_lock_shared, organization)


def keep_unmatched(connection: Connection, values: dict[str, Any]) -> bool:
    """Keep a receipt as unmatched; False when its notice has appeared, or its id is kept.

    False also when its IUV has appeared, which is then another notice's.
    """
    lock_matching_exclusive(connection, values["organization"])
    there = select(OPTION.nav).where(
        OPTION.organization == values["organization"],
        or_(OPTION.nav == values["nav"], OPTION.iuv == values["iuv"]),
    )
    if connection.execute(there).first() is not None:
        return False
    keep = keep_alone(connection.dialect).returning(RECEIPT.receipt_id)
    return connection.execute(keep, bound(values)).first() is not None


def settle_unmatched(connection: Connection, organization: str, now: datetime) -> int:
    """Settle the unmatched receipts whose notice is there by now; say how many."""
    waiting = (
        connection.execute(
            select(tables.receipt)
            .join(
                tables.payment_option,
                and_(OPTION.organization == RECEIPT.organization, OPTION.nav == RECEIPT.nav),
            )
            .where(
                RECEIPT.organization == organization, RECEIPT.kept == str(ReceiptStatus.UNMATCHED)
            )
            .order_by(RECEIPT.received_at, RECEIPT.receipt_id)
        )
        .mappings()
        .all()
    )
    for row in waiting:
        known = _known(connection, row, row["nav"])
        _write(connection, row, known.notice, _decided(row, known, now), now)
    return len(waiting)


def lock_matching_exclusive(connection: Connection, organization: str) -> None:
    """Hold back the positions and unmatched receipts of this organization until the commit."""
    _lock(connection, func.pg_advisory_xact_lock, organization)


def match_again(connection: Connection, row: RowMapping, now: datetime) -> bool:
    """Settle a receipt that waits, if its notice is there by now.

    The caller has matches alone, and has locked the receipt's row.
    """
    _lock_position(connection, row["organization"], row["nav"])
    known = _known(connection, row, row["nav"])
    if known.notice is None:
        return False
    _write(connection, row, known.notice, _decided(row, known, now), now)
    return True


def match_by_hand(
    connection: Connection, row: RowMapping, nav: str, now: datetime
) -> Verdict | None:
    """Let a receipt that waits pay this notice; None where there is none.

    Nothing is written where the verdict does not pay.  The caller holds what `match_again` wants.
    """
    _lock_position(connection, row["organization"], nav)
    notice = _known(connection, row, nav).notice
    if notice is None:
        return None
    verdict = settle_by_hand(_receipt_of(row), notice, now)
    if verdict.pays:
        reasons = (row["reasons"], *verdict.reasons)
        _write(connection, row, notice, verdict._replace(reasons=reasons), now)
    return verdict


def _decided(row: RowMapping, known: ReceiptFacts, now: datetime) -> Verdict:
    # WHY: what is kept under its receiptId is the receipt itself.
    return settle(_receipt_of(row), known._replace(kept_digest=None), now)


def _known(connection: Connection, row: RowMapping, nav: str) -> ReceiptFacts:
    asked = {"idpa": row["organization"], "nav": nav}
    asked |= {name: row[name] for name in ("broker", "station", "iuv", "receipt_id")}
    return known_of([tuple(r) for r in connection.execute(receipt_question(), asked)])


def _write(
    connection: Connection, row: RowMapping, notice: Notice | None, verdict: Verdict, now: datetime
) -> None:
    """Keep a receipt as it is decided now, and its effect."""
    connection.execute(
        update(tables.receipt)
        .where(RECEIPT.organization == row["organization"])
        .where(RECEIPT.receipt_id == row["receipt_id"], RECEIPT.variant == row["variant"])
        .values(kept=str(verdict.status), reasons="; ".join(verdict.reasons))
    )
    if verdict.pays and notice is not None:
        paid = bound({**row, **seen(notice), "nav": notice.nav, "received_at": now})
        for statement in (guard(), mark_paid()):
            if not connection.execute(statement, paid).rowcount:
                raise Contended("a waiting receipt's position changed")


def _lock_position(connection: Connection, organization: str, nav: str) -> None:
    """Let nobody change the position of a notice until the commit."""
    connection.execute(
        select(POSITION.iupd)
        .join(
            tables.payment_option,
            and_(POSITION.organization == OPTION.organization, POSITION.iupd == OPTION.iupd),
        )
        .where(OPTION.organization == organization, OPTION.nav == nav)
        .with_for_update()
    )


def _receipt_of(row: RowMapping) -> Receipt:
    claim = NodeRoute(row["organization"], row["broker"], row["station"])
    return Receipt(claim, **{name: row[name] for name in Receipt._fields[1:]})


def _lock(connection: Connection, take: Any, organization: str) -> None:
    # WHY: SQLite needs none, its transactions stand in line from their BEGIN IMMEDIATE.
    if connection.dialect.name == "postgresql":
        connection.execute(select(take(func.hashtextextended(organization, 0))))
