"""Keeping a receipt and its effect: one transaction, durable before anyone says OK.

The decision is taken on facts read a moment before.  What is written holds only if those facts
still hold: the option's revision is unchanged, and the position's version where it has other
options too, which exclude each other; and nothing is kept yet under the receiptId.  Where another
process was faster nothing is written, and the caller asks and decides again.

No pair of NAV and revision ever returns: a NAV that was deleted is retired, the row of one that
stays is updated in place, and each change of the position counts up the revision of all its
options.  So an unchanged revision proves that the position has the same options as before, and is
not another of the same IUPD.

LIMIT: an update by a process of the version before inserts its options anew, at revision 1.  While
both versions run, a receipt read just before such an update may be kept on the old facts.
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
    bindparam,
    case,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable

from gpd_soap.core.debt import Notice, RouteCheck
from gpd_soap.core.receipt import Receipt, Verdict, route_mismatch
from gpd_soap.store import tables
from gpd_soap.store.database.connections import Connections
from gpd_soap.store.database.session import PREFIX, Session, Statement
from gpd_soap.store.rows import OPTION, POSITION

NOT_OF_A_RECEIPT = ("variant", "copies", "resolved_at", "resolved_by", "resolution")
KEPT = [c for c in tables.receipt.c if c.name not in NOT_OF_A_RECEIPT]
PAID = ("paid_at", "receipt_id", "payment_date", "payment_method", "psp", "psp_name",
        "psp_fiscal_code", "fee", "updated_at")  # fmt: skip


class Settlement:
    """Writes receipts for one database."""

    def __init__(self, engine: Engine, connections: Connections) -> None:
        """Compile every statement now."""
        self._connections = connections
        if engine.dialect.name == "postgresql":
            self._keep = _one_statement(engine, keep_alone(engine.dialect))
            self._pay = _one_statement(
                engine, _keep_and_pay(guard().returning(POSITION.iupd).cte("moved"))
            )
            self._pay_alone = _one_statement(engine, _keep_and_pay(_seen().cte("seen")))
        else:
            keep = keep_alone(engine.dialect)
            self._keep = _in_turn(engine, [keep])
            self._pay = _in_turn(engine, [guard(), keep, mark_paid()])
            self._pay_alone = _in_turn(engine, [keep, mark_paid()])
        self._count = _one_statement(engine, _counted())
        self._add_variant = _one_statement(engine, _variant(engine))

    def keep(self, values: dict[str, Any]) -> bool:
        """Keep a receipt that changes no position; False when its receiptId is kept already."""
        return bool(self._connections.write(lambda session: self._keep(session, values)))

    def pay(self, values: dict[str, Any], notice: Notice, *, alone: bool) -> bool:
        """Keep a receipt and mark its notice paid; False when either changed meanwhile."""
        guarded, pay = {**values, **seen(notice)}, self._pay_alone if alone else self._pay
        return bool(self._connections.write(lambda session: pay(session, guarded)))

    def repeat(self, values: dict[str, Any]) -> bool:
        """Count a receipt on the one of the same content; False when there is none."""
        return bool(self._connections.write(lambda session: self._count(session, values)))

    def conflict(self, values: dict[str, Any]) -> bool:
        """Keep another content under a known receiptId, or count it when that is kept too."""
        if self.repeat(values):
            return True
        return bool(self._connections.write(lambda session: self._add_variant(session, values)))


def values_of(
    receipt: Receipt,
    verdict: Verdict,
    standing: RouteCheck,
    primitive: str,
    raw: bytes,
    now: datetime,
) -> dict[str, Any]:
    """A receipt's row, and its notice's columns when that is paid by it."""
    claim = receipt.claim
    return {
        "organization": claim.organization,
        "broker": claim.broker,
        "station": claim.station,
        "receipt_id": receipt.receipt_id,
        "digest": receipt.digest,
        "kept": str(verdict.status),
        "reasons": "; ".join(verdict.reasons),
        "drift": route_mismatch(standing),
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


Run = Callable[[Session, dict[str, Any]], bool]


def _one_statement(engine: Engine, statement: Executable) -> Run:
    """One statement in autocommit."""
    compiled = Statement(statement, engine)
    return lambda session, values: session.change(compiled, values) > 0


def _in_turn(engine: Engine, statements: Sequence[Executable]) -> Run:
    """The same steps where one statement cannot hold them: all of them write, or none does."""
    steps = [Statement(statement, engine) for statement in statements]

    def run(session: Session, values: dict[str, Any]) -> bool:
        session.run("BEGIN IMMEDIATE")
        try:
            done = all(session.change(step, values) for step in steps)
        except BaseException:
            session.run("ROLLBACK")
            raise
        session.run("COMMIT" if done else "ROLLBACK")
        return done

    return run


def _bound(column: ColumnElement[Any], name: str | None = None) -> ColumnElement[Any]:
    return bindparam(f"{PREFIX}{name or column.key}", type_=column.type)


def bound(values: dict[str, Any]) -> dict[str, Any]:
    """Values under the names that the statements here give them, for SQLAlchemy itself."""
    return {f"{PREFIX}{name}": value for name, value in values.items()}


def seen(notice: Notice) -> dict[str, Any]:
    """What guards a payment: what the decision to write it was taken on."""
    return {"iupd": notice.iupd, "version": notice.version, "revision": notice.revision}


def guard() -> Update:
    """Move the position on from the version that was seen; the row is locked until commit.

    Nothing moves where the option is not as it was seen: a position that was deleted and created
    again has the versions of the first, and none of its options.
    """
    as_seen = (
        POSITION[name] == _bound(POSITION[name]) for name in ("organization", "iupd", "version")
    )
    moved_at = _bound(POSITION.updated_at, "received_at")
    return (
        update(tables.position)
        .where(*as_seen, exists().where(*_as_seen()))
        .values(version=POSITION.version + 1, updated_at=moved_at)
    )


def _seen() -> Select[Any]:
    """Lock the option as it was seen.

    WHY: before the receipt is kept, so that none is kept where nothing can be paid.
    """
    return select(OPTION.nav).where(*_as_seen()).with_for_update(key_share=True)


def _as_seen() -> list[ColumnElement[bool]]:
    return [
        *(OPTION[name] == _bound(OPTION[name]) for name in ("organization", "nav", "revision")),
        # WHY: a process of a version before 0009 pays and moves no revision.
        OPTION.paid_at.is_(None),
    ]


def _keep_first(insert: Any, guard: CTE | None) -> Any:
    """Insert the receipt as the first under its receiptId, if the guard holds and none is kept."""
    columns: Select[Any] = select(
        *[_bound(c) for c in KEPT], literal(0).label("variant"), literal(1).label("copies")
    )
    # WHY: SQLite reads `INSERT … SELECT … ON CONFLICT` as a join's ON without a WHERE.
    columns = columns.where(literal(True)) if guard is None else columns.select_from(guard)
    return (
        insert(tables.receipt)
        .from_select([*KEPT, "variant", "copies"], columns)
        .on_conflict_do_nothing(index_elements=["organization", "receipt_id", "variant"])
    )


def mark_paid(kept: CTE | None = None) -> Update:
    """Write a receipt's payment on its notice, if that is as it was seen.

    In one statement: exactly if the receipt was `kept`, for which a guard has looked already.
    """
    where = _as_seen()
    if kept is not None:
        # WHY: ties the update to the receipt, so that neither is written without the other.
        was_kept = select(_bound(OPTION.organization)).select_from(kept).scalar_subquery()
        where = [OPTION.organization == was_kept, OPTION.nav == _bound(OPTION.nav)]
    source = {"paid_at": "received_at", "payment_date": "paid_at", "payment_method": "method",
              "updated_at": "received_at"}  # fmt: skip
    written: dict[str, Any] = {n: _bound(OPTION[n], source.get(n, n)) for n in PAID}
    written["revision"] = OPTION.revision + 1
    return update(tables.payment_option).where(*where).values(written)


def keep_alone(dialect: Dialect) -> Any:
    """Insert a receipt as the first under its receiptId, unless one is kept."""
    insert: Any = (postgresql if dialect.name == "postgresql" else sqlite).insert
    return _keep_first(insert, None)


def _keep_and_pay(guard: CTE) -> Select[Any]:
    """Guard, receipt and effect as one statement: one round trip, one commit."""
    kept = _keep_first(postgresql.insert, guard).returning(tables.receipt.c.receipt_id).cte("kept")
    paid = mark_paid(kept).returning(OPTION.nav).cte("paid")
    return select(paid.c.nav).add_cte(guard, kept)


def _counted() -> Update:
    receipt = tables.receipt.c
    return (
        update(tables.receipt)
        .where(
            receipt.organization == _bound(receipt.organization),
            receipt.receipt_id == _bound(receipt.receipt_id),
            receipt.digest == _bound(receipt.digest),
        )
        .values(copies=receipt.copies + 1, last_received_at=_bound(receipt.received_at))
    )


def _variant(engine: Engine) -> Any:
    """Insert beside the receipts of the same receiptId; nothing when another does so right now."""
    receipt = tables.receipt.c
    insert: Any = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert
    following = func.max(receipt.variant) + 1
    columns = (
        select(*[_bound(c) for c in KEPT], following, literal(1))
        .where(receipt.organization == _bound(receipt.organization))
        .where(receipt.receipt_id == _bound(receipt.receipt_id))
        # WHY: of the same content one may have come since it was looked for; then count that.
        .having(func.sum(case((receipt.digest == _bound(receipt.digest), 1), else_=0)) == 0)
    )
    return (
        insert(tables.receipt)
        .from_select([*KEPT, "variant", "copies"], columns)
        .on_conflict_do_nothing(index_elements=["organization", "receipt_id", "variant"])
    )
