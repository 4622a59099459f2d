"""Matches a receipt and its notice, whichever comes first.

A receipt without a notice is stored as unmatched.  A new position settles the unmatched receipts of
its notices, and a person can match one too.  Two transactions at one instant could miss each other.
So they take a lock on the organization: shared for a position, exclusive for an unmatched receipt
and for a person.
"""

from __future__ import annotations

from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, or_, select, update

from gpd_soap.core.actor import Actor
from gpd_soap.core.case_id import SPENT
from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.receipt import (
    PaidTransfer,
    Receipt,
    ReceiptFacts,
    ReceiptStatus,
    Verdict,
    settle,
    settle_by_hand,
    unreadable_in,
)
from gpd_soap.store import tables
from gpd_soap.store.database.errors import Contended
from gpd_soap.store.events import describe
from gpd_soap.store.events import write as events
from gpd_soap.store.events.numbering import in_order
from gpd_soap.store.events.write import insert_event
from gpd_soap.store.node.insertion import insert_receipt
from gpd_soap.store.node.queries import is_settled, select_paid_by, select_receipt_facts
from gpd_soap.store.node.settlement import facts_read, guard, mark_paid, with_prefix
from gpd_soap.store.rows import OPTION, POSITION, RECEIPT, receipt_facts_of

EVENT = tables.event.c
#: The fields of a receipt that are columns of the same name.
STORED_FIELDS = Receipt._fields[1 : Receipt._fields.index("content")]


def lock_matching_shared(connection: Connection, organization: str) -> None:
    """Makes unmatched receipts of this organization wait until the caller commits."""
    _lock(connection, func.pg_advisory_xact_lock_shared, organization)


def keep_unmatched(connection: Connection, values: dict[str, Any]) -> bool:
    """Stores a receipt as unmatched.  Returns whether it did.

    Returns False if its notice exists by now, if another notice has its IUV, or if a receipt of
    its receiptId is stored.
    """
    lock_matching_exclusive(connection, values["organization"])
    matching = select(OPTION.nav).where(
        OPTION.organization == values["organization"],
        or_(OPTION.nav == values["nav"], OPTION.iuv == values["iuv"]),
    )
    if connection.execute(matching).first() is not None:
        return False
    statement = insert_receipt(connection.dialect)
    if connection.execute(statement, with_prefix(values)).first() is None:
        return False
    connection.execute(insert_event(connection.dialect), with_prefix(values))
    return True


def settle_unmatched(connection: Connection, organization: str, actor: Actor, now: datetime) -> int:
    """Settles the unmatched receipts whose notice exists by now.  Returns their number.

    It leaves out those whose money a person has decided to use otherwise (Receipts, rule 19).
    """
    rows = (
        connection.execute(
            select(tables.receipt)
            .join(
                tables.payment_option,
                and_(OPTION.organization == organization, OPTION.nav == RECEIPT.nav),
            )
            .where(
                RECEIPT.organization == organization,
                RECEIPT.kept == str(ReceiptStatus.UNMATCHED),
                or_(RECEIPT.resolved_as.is_(None), RECEIPT.resolved_as.not_in(SPENT)),
            )
            # WHY: whoever decides on one of them now has it locked, and is heard first; a person
            # who decides on many locks them in this order too.
            .order_by(_in_order(connection), RECEIPT.variant)
            .with_for_update(of=tables.receipt)
        )
        .mappings()
        .all()
    )
    for row in sorted(rows, key=itemgetter("received_at", "receipt_id", "variant")):
        facts = _facts(connection, row, row["nav"])
        _write(connection, row, facts, _verdict(row, facts, now), actor, now)
    return len(rows)


def _in_order(connection: Connection) -> ColumnElement[Any]:
    """Returns the receiptId in the order of Python's texts, which is that of a person's cases."""
    is_postgresql = connection.dialect.name == "postgresql"
    return RECEIPT.receipt_id.collate("C") if is_postgresql else RECEIPT.receipt_id


def lock_matching_exclusive(connection: Connection, organization: str) -> None:
    """Makes positions and unmatched receipts of this organization wait until the commit."""
    _lock(connection, func.pg_advisory_xact_lock, organization)


def match_again(connection: Connection, row: RowMapping, actor: Actor, now: datetime) -> bool:
    """Settles a receipt that awaits its notice.  Returns False if the notice does not exist yet.

    The caller holds the exclusive matching lock and has locked the receipt's row.
    """
    _lock_position(connection, row["organization"], row["nav"])
    facts = _facts(connection, row, row["nav"])
    if facts.notice is None:
        return False
    _write(connection, row, facts, _verdict(row, facts, now), actor, now)
    return True


def match_by_hand(
    connection: Connection, row: RowMapping, nav: str, actor: Actor, now: datetime
) -> Verdict | None:
    """Decides whether a receipt that awaits its notice pays this one (Receipts, rule 15).

    Returns the verdict, or None if there is no such notice.  Writes only if the verdict pays.
    The caller holds the locks of `match_again`.
    """
    _lock_position(connection, row["organization"], nav)
    facts = _facts(connection, row, nav)
    if facts.notice is None:
        return None
    verdict = settle_by_hand(_receipt_of(row), facts.notice, now)
    if verdict.pays:
        reasons = (row["reasons"], *verdict.reasons)
        _write(connection, row, facts, verdict._replace(reasons=reasons), actor, now)
    return verdict


def _verdict(row: RowMapping, facts: ReceiptFacts, now: datetime) -> Verdict:
    # WHY: the receipt stored under its receiptId is this receipt itself.
    return settle(_receipt_of(row), facts._replace(kept_digest=None), now)


def _facts(connection: Connection, row: RowMapping, nav: str) -> ReceiptFacts:
    parameters = {"idpa": row["organization"], "nav": nav}
    parameters |= {name: row[name] for name in ("broker", "station", "iuv", "receipt_id")}
    rows = connection.execute(select_receipt_facts(), parameters)
    facts = receipt_facts_of([tuple(each) for each in rows])
    if not is_settled(facts.notice):
        return facts
    paid_by = connection.execute(select_paid_by(), {"idpa": row["organization"], "nav": nav})
    return facts._replace(paid_by=paid_by.scalar())


def _write(
    connection: Connection,
    row: RowMapping,
    facts: ReceiptFacts,
    verdict: Verdict,
    actor: Actor,
    now: datetime,
) -> None:
    """Writes the status of a receipt as it is decided now, its effect on the notice, its event.

    Raises Contended if the position changed meanwhile.
    """
    connection.execute(
        update(tables.receipt)
        .where(RECEIPT.organization == row["organization"])
        .where(RECEIPT.receipt_id == row["receipt_id"], RECEIPT.variant == row["variant"])
        .values(kept=str(verdict.status), reasons="; ".join(verdict.reasons))
    )
    if verdict.pays and facts.notice is not None:
        paid = {**row, **facts_read(facts.notice), "nav": facts.notice.nav, "received_at": now}
        payment = with_prefix(paid)
        for statement in (guard(), mark_paid()):
            if not connection.execute(statement, payment).rowcount:
                raise Contended("the position of a receipt that awaits its notice changed")
    receipt = _receipt_of(row)._replace(transfers=_transfers_of(connection, row))
    events.write(connection, [describe.received(receipt, verdict, facts, actor, row["variant"])])


def _transfers_of(connection: Connection, row: RowMapping) -> tuple[PaidTransfer, ...]:
    """Returns the transfers of a stored receipt, from the event of its arrival if it is kept."""
    arrival = (
        select(EVENT.data)
        .where(EVENT.organization == row["organization"], EVENT.subject == row["receipt_id"])
        .where(EVENT.receipt_id == row["receipt_id"])
        .order_by(*in_order(connection))
    )
    data = connection.execute(arrival.limit(1)).scalar() or {}
    return describe.transfers_in(data)


def _lock_position(connection: Connection, organization: str, nav: str) -> None:
    """Locks the position of a notice until the commit."""
    connection.execute(
        select(POSITION.iupd)
        .join(
            tables.payment_option,
            and_(POSITION.organization == organization, POSITION.iupd == OPTION.iupd),
        )
        .where(OPTION.organization == organization, OPTION.nav == nav)
        .with_for_update()
    )


def _receipt_of(row: RowMapping) -> Receipt:
    route = NodeRoute(row["organization"], row["broker"], row["station"])
    values = {name: row[name] for name in STORED_FIELDS}
    return Receipt(route, **values, unreadable=unreadable_in(row["reasons"]))


def _lock(connection: Connection, lock: Any, organization: str) -> None:
    # WHY: SQLite needs no lock; its writing transactions run one after the other.
    if connection.dialect.name == "postgresql":
        connection.execute(select(lock(func.hashtextextended(organization, 0))))
