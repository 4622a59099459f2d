"""The statements that store a receipt, without its effect on a notice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Dialect,
    Select,
    bindparam,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable

from gpd_soap.store import tables
from gpd_soap.store.database.session import PREFIX
from gpd_soap.store.rows import RECEIPT

#: Columns that do not come from the message.
NOT_OF_A_RECEIPT = (
    *("variant", "copies", "forgotten_at"),
    *("resolved_at", "resolved_by", "resolution", "resolved_as"),
    *("claimed_by", "claimed_at", "refunded_on", "mandate"),
    *("opened_at", "opened_by", "opening"),
)
STORED = [c for c in RECEIPT if c.name not in NOT_OF_A_RECEIPT]


def parameter(column: ColumnElement[Any], name: str | None = None) -> ColumnElement[Any]:
    """Returns the parameter of a column, or of another name, for the fast path."""
    return bindparam(f"{PREFIX}{name or column.key}", type_=column.type)


def insert_first(insert: Any, guard: CTE | None) -> Any:
    """Inserts a receipt as the first of its receiptId if the guard holds and none is stored.

    WHY: it returns the row, because a PostgreSQL that is distributed over machines counts one row
    for an insertion that met a conflict.
    """
    columns: Select[Any] = select(
        *[parameter(c) for c in STORED], literal(0).label("variant"), literal(1).label("copies")
    )
    # WHY: without a WHERE, SQLite reads the ON of `INSERT … SELECT … ON CONFLICT` as a join's.
    columns = columns.where(literal(True)) if guard is None else columns.select_from(guard)
    return (
        insert(tables.receipt)
        .from_select([*STORED, "variant", "copies"], columns)
        .on_conflict_do_nothing(index_elements=["organization", "receipt_id", "variant"])
        .returning(RECEIPT.receipt_id)
    )


def insert_receipt(dialect: Dialect) -> Any:
    """Inserts a receipt as the first of its receiptId, unless one is stored; returns its key."""
    insert: Any = (postgresql if dialect.name == "postgresql" else sqlite).insert
    return insert_first(insert, None)


def count_repetition() -> Executable:
    """Counts a receipt on the stored one of the same receiptId and content."""
    receipt = tables.receipt.c
    return (
        update(tables.receipt)
        .where(
            receipt.organization == parameter(receipt.organization),
            receipt.receipt_id == parameter(receipt.receipt_id),
            receipt.digest == parameter(receipt.digest),
        )
        .values(copies=receipt.copies + 1, last_received_at=parameter(receipt.received_at))
        .returning(receipt.variant)
    )


def insert_variant(dialect: Dialect) -> Any:
    """Inserts a further variant of a stored receiptId, after the last one that was read.

    Inserts nothing if another process has inserted one meanwhile, or inserts one at this instant.
    """
    receipt = tables.receipt.c
    insert: Any = (postgresql if dialect.name == "postgresql" else sqlite).insert
    last = func.max(receipt.variant)
    columns = (
        select(*[parameter(c) for c in STORED], last + 1, literal(1))
        .where(receipt.organization == parameter(receipt.organization))
        .where(receipt.receipt_id == parameter(receipt.receipt_id))
        # WHY: a receipt of the same content may have come meanwhile, by another route.
        .having(last == parameter(receipt.variant, "last_variant"))
    )
    return (
        insert(tables.receipt)
        .from_select([*STORED, "variant", "copies"], columns)
        .on_conflict_do_nothing(index_elements=["organization", "receipt_id", "variant"])
        .returning(RECEIPT.receipt_id)
    )
