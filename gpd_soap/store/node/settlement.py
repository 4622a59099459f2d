"""Writes a receipt and its effect in one transaction, durable before the answer is OK.

The decision uses facts that were read a moment before (Receipts, rule 14).  The statement writes
only if those facts still hold: the option has the same revision, and no receipt of the receiptId is
stored.  If the position has other options, which exclude each other, its version must be the same
too.  If another process was faster, nothing is written, and the caller reads and decides again.

A pair of NAV and revision never occurs twice.  A deleted NAV is retired, a remaining option is
updated in place, and each change of the position increments the revision of all its options.  An
option that comes back to its position begins at a revision that it never had.  So an unchanged
revision proves that the position has the same options, and is not a later position of
the same IUPD.

LIMIT: a process of the version before inserts updated options anew, at revision 1.  While both
versions run, a receipt read just before such an update may be decided on the old facts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Dialect,
    Engine,
    Select,
    Update,
    exists,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.base import Executable

from gpd_soap.core.debt import Notice, RouteCheck
from gpd_soap.core.receipt import SEPARATOR, Receipt, StoredContent, Verdict, route_mismatch
from gpd_soap.store import tables
from gpd_soap.store.database.connections import Connections
from gpd_soap.store.database.session import PREFIX, Session, Statement
from gpd_soap.store.events.write import insert_event
from gpd_soap.store.node.insertion import (
    count_repetition,
    insert_first,
    insert_receipt,
    insert_variant,
    parameter,
)
from gpd_soap.store.rows import OPTION, POSITION

#: Columns of a payment option that a receipt writes.
PAID = ("paid_at", "receipt_id", "payment_date", "payment_method", "psp", "psp_name",
        "psp_fiscal_code", "fee", "updated_at")  # fmt: skip


class Settlement:
    """Writes receipts for one database."""

    def __init__(self, engine: Engine, connections: Connections) -> None:
        """Compiles every statement now."""
        self._connections = connections
        if engine.dialect.name == "postgresql":
            kept = insert_receipt(engine.dialect)
            self._keep = _one_statement(engine, _with_event(engine.dialect, kept))
            self._pay = _one_statement(
                engine, _keep_and_pay(engine.dialect, guard().returning(POSITION.iupd).cte("moved"))
            )
            self._pay_alone = _one_statement(
                engine, _keep_and_pay(engine.dialect, _lock_option().cte("seen"))
            )
            variant = insert_variant(engine.dialect)
            self._add_variant = _one_statement(engine, _with_event(engine.dialect, variant))
        else:
            keep, event = insert_receipt(engine.dialect), insert_event(engine.dialect)
            self._keep = _in_turn(engine, [keep, event])
            paid = mark_paid().returning(OPTION.nav)
            self._pay = _in_turn(engine, [guard().returning(POSITION.iupd), keep, paid, event])
            self._pay_alone = _in_turn(engine, [keep, paid, event])
            self._add_variant = _in_turn(engine, [insert_variant(engine.dialect), event])
        self._count = _one_statement(engine, count_repetition())

    def keep(self, values: dict[str, Any]) -> bool:
        """Stores a receipt that changes no position.  Returns False if its receiptId is stored."""
        return bool(self._connections.write(lambda session: self._keep(session, values)))

    def pay(self, values: dict[str, Any], notice: Notice, *, alone: bool) -> bool:
        """Stores a receipt and marks its notice paid.  Returns False if the facts changed."""
        guarded, pay = {**values, **facts_read(notice)}, self._pay_alone if alone else self._pay
        return bool(self._connections.write(lambda session: pay(session, guarded)))

    def repeat(self, values: dict[str, Any], digest: str) -> bool:
        """Counts a receipt on the stored one of this digest; returns False without one."""
        counted = {**values, "digest": digest}
        return bool(self._connections.write(lambda session: self._count(session, counted)))

    def conflict(self, values: dict[str, Any], contents: Sequence[StoredContent]) -> bool:
        """Stores other content of a stored receiptId.

        Returns False if other than these contents are stored by now.
        """
        last = max((each.variant for each in contents), default=None)
        added = {**values, "last_variant": last}
        return bool(self._connections.write(lambda session: self._add_variant(session, added)))


def values_of(
    receipt: Receipt,
    verdict: Verdict,
    route_check: RouteCheck,
    primitive: str,
    raw: bytes,
    now: datetime,
) -> dict[str, Any]:
    """Returns the columns of a receipt, from which those of its paid notice are taken too."""
    route = receipt.route
    return {
        "organization": route.organization,
        "broker": route.broker,
        "station": route.station,
        "receipt_id": receipt.receipt_id,
        "digest": receipt.digest,
        "kept": str(verdict.status),
        "reasons": SEPARATOR.join(verdict.reasons),
        "drift": route_mismatch(route_check),
        "primitive": primitive,
        "issuer": receipt.issuer,
        "nav": receipt.nav,
        "iuv": receipt.iuv,
        "outcome": receipt.outcome,
        "amount": receipt.amount,
        "fee": receipt.fee,
        "psp": receipt.psp,
        "psp_name": receipt.psp_name,
        "psp_fiscal_code": receipt.psp_fiscal_code,
        "channel": receipt.channel,
        "method": receipt.method,
        "paid_at": receipt.paid_at,
        "stand_in": receipt.stand_in,
        "debtor_code": receipt.debtor_code,
        "received_at": now,
        "last_received_at": now,
        "raw": raw,
    }


SettleFunction = Callable[[Session, dict[str, Any]], bool]


def _one_statement(engine: Engine, statement: Executable) -> SettleFunction:
    """Returns a function that executes one statement in autocommit, and whether it wrote a row."""
    compiled = Statement(statement, engine)
    return lambda session, values: bool(session.fetch(compiled, values))


def _in_turn(engine: Engine, statements: Sequence[Executable]) -> SettleFunction:
    """Returns a function that executes statements in a transaction: all of them write, or none."""
    steps = [Statement(statement, engine) for statement in statements]

    def run(session: Session, values: dict[str, Any]) -> bool:
        session.run("BEGIN IMMEDIATE")
        try:
            done = all(session.fetch(step, values) for step in steps)
        except BaseException:
            session.run("ROLLBACK")
            raise
        session.run("COMMIT" if done else "ROLLBACK")
        return done

    return run


def with_prefix(values: dict[str, Any]) -> dict[str, Any]:
    """Returns values under the parameter names of these statements, for SQLAlchemy."""
    return {f"{PREFIX}{name}": value for name, value in values.items()}


def facts_read(notice: Notice) -> dict[str, Any]:
    """Returns the facts that the decision used, for the guard of a payment."""
    return {"iupd": notice.iupd, "version": notice.version, "revision": notice.revision}


def guard() -> Update:
    """Increments the position's version if it is the one that was read; locks it until the commit.

    Writes nothing if the option is not as it was read.  WHY: a position that was deleted and
    created again has the versions of the first, but not its options.
    """
    unchanged = (
        POSITION[name] == parameter(POSITION[name]) for name in ("organization", "iupd", "version")
    )
    updated_at = parameter(POSITION.updated_at, "received_at")
    return (
        update(tables.position)
        .where(*unchanged, exists().where(*_option_unchanged()))
        .values(version=POSITION.version + 1, updated_at=updated_at)
    )


def _lock_option() -> Select[Any]:
    """Locks the option if it is as it was read.

    WHY: it is locked before the receipt is stored, so that no receipt is stored without its effect.
    """
    return select(OPTION.nav).where(*_option_unchanged()).with_for_update(key_share=True)


def _option_unchanged() -> list[ColumnElement[bool]]:
    return [
        *(OPTION[name] == parameter(OPTION[name]) for name in ("organization", "nav", "revision")),
        # WHY: a process of a version before 0009 marks an option paid without a new revision.
        OPTION.paid_at.is_(None),
    ]


def mark_paid(kept: CTE | None = None) -> Update:
    """Writes a receipt's payment on its notice if the option is as it was read.

    With `kept`, the insertion in the same statement: exactly if that stored the receipt.  The
    guard of the insertion has compared the option already.
    """
    where = _option_unchanged()
    if kept is not None:
        # WHY: the organization stands alone too, because a database that is distributed by it
        # looks for a constant.
        where = [
            OPTION.organization == parameter(OPTION.organization),
            OPTION.nav == parameter(OPTION.nav),
            exists().select_from(kept),
        ]
    source = {"paid_at": "received_at", "payment_date": "paid_at", "payment_method": "method",
              "updated_at": "received_at"}  # fmt: skip
    written: dict[str, Any] = {n: parameter(OPTION[n], source.get(n, n)) for n in PAID}
    written["revision"] = OPTION.revision + 1
    return update(tables.payment_option).where(*where).values(written)


def _with_event(dialect: Dialect, insertion: Any) -> Select[Any]:
    """Stores a receipt, and its event if it was stored."""
    kept = insertion.cte("kept")
    event = insert_event(dialect, kept).cte("event_written")
    return select(kept.c.receipt_id).add_cte(event)


def _keep_and_pay(dialect: Dialect, guard: CTE) -> Select[Any]:
    """Checks the guard, stores receipt, effect and event: one round trip, one commit."""
    kept = insert_first(postgresql.insert, guard).cte("kept")
    paid = mark_paid(kept).returning(OPTION.nav).cte("paid")
    event = insert_event(dialect, kept).cte("event_written")
    return select(paid.c.nav).add_cte(guard, kept, event)
