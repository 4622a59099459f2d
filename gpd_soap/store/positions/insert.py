"""Keeping new positions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import IntegrityError

from gpd_soap.core.debt import Transfer
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.store import tables
from gpd_soap.store.database.engine import is_duplicate
from gpd_soap.store.database.errors import AlreadyKept
from gpd_soap.store.node import matching
from gpd_soap.store.positions import retired_numbers as retired


def add(connection: Connection, positions: Sequence[NewPosition], now: datetime) -> None:
    """Keep these positions, all or none, and settle the receipts that were waiting for them.

    The caller's transaction decides; after AlreadyKept (an IUPD, NAV or IUV that is in use, or a
    number that was deleted) it must be rolled back.
    """
    organizations = sorted({position.organization for position in positions})
    for organization in organizations:
        matching.lock_matching_shared(connection, organization)
    try:
        insert_rows(connection, tables.position, (position_row(p, now) for p in positions))
        pairs = [(position, option) for position in positions for option in position.options]
        insert_rows(connection, tables.payment_option, (option_row(p, o, now) for p, o in pairs))
        shares = ((p, o, share) for p, o in pairs for share in o.transfers)
        insert_rows(connection, tables.transfer, (transfer_row(p, o, s) for p, o, s in shares))
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise AlreadyKept("an IUPD, NAV or IUV is in use already") from error
    retired.reject_retired(connection, positions)
    for organization in organizations:
        matching.settle_unmatched(connection, organization, now)


def analyze_after_growth(connection: Connection, written: int) -> None:
    """Let PostgreSQL count its rows where it believes in fewer than half of those just written.

    Its plans for tables that it takes for empty read every row of an organization, each time.
    SQLite has figures of large tables from its migrations, and needs none.
    """
    if connection.dialect.name != "postgresql":
        return
    believed = text(
        "SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = CAST('position' AS regclass)"
    )
    if 2 * connection.execute(believed).scalar_one() < written:
        # WHY: another load may be counting, and holds its locks to its end.
        connection.execute(text('ANALYZE (SKIP_LOCKED) "position", payment_option, transfer'))


def insert_rows(connection: Connection, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Insert these rows, if there are any."""
    kept = list(rows)
    if kept:
        connection.execute(insert(table), kept)


def position_row(position: NewPosition, now: datetime) -> dict[str, Any]:
    """A position as its table keeps it."""
    debtor = {f"debtor_{name}": value for name, value in position.debtor._asdict().items()}
    return {
        "organization": position.organization,
        "iupd": position.iupd,
        "published_at": position.published_at,
        "withdrawn_at": position.withdrawn_at,
        "company_name": position.company_name,
        "office_name": position.office_name,
        "pay_stand_in": position.pay_stand_in,
        **debtor,
        "debtor_region": position.region,
        "debtor_phone": position.phone,
        "created_at": now,
        "updated_at": now,
    }


def option_row(position: NewPosition, option: NewOption, now: datetime) -> dict[str, Any]:
    """A notice as its table keeps it."""
    values = option._asdict()
    del values["transfers"]
    return {
        **values,
        "organization": position.organization,
        "iupd": position.iupd,
        "updated_at": now,
    }


def transfer_row(position: NewPosition, option: NewOption, share: Transfer) -> dict[str, Any]:
    """A share as its table keeps it."""
    values = share._asdict()
    stamp = values.pop("stamp")
    return {
        **values,
        "organization": position.organization,
        "nav": option.nav,
        "beneficiary": share.organization,
        "stamp_hash": stamp and stamp.document_hash,
        "stamp_kind": stamp and stamp.kind,
        "stamp_province": stamp and stamp.province,
    }
