"""Inserts new positions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError

from gpd_soap.core.actor import Actor, Origin
from gpd_soap.core.debt import Debtor, Transfer
from gpd_soap.core.position import NewOption, NewPosition, OptionDebtor
from gpd_soap.core.text import spellings
from gpd_soap.store import tables
from gpd_soap.store.database.engine import is_duplicate
from gpd_soap.store.database.errors import AlreadyStored
from gpd_soap.store.events import write as events
from gpd_soap.store.node import matching
from gpd_soap.store.positions import describe, retired_numbers
from gpd_soap.store.rows import POSITION
from gpd_soap.store.tables.base import truncate


def add(
    connection: Connection,
    positions: Sequence[NewPosition],
    now: datetime,
    actor: Actor,
    origin: Origin = Origin.API,
) -> None:
    """Insert these positions, and settle the receipts that were waiting for their notices.

    `actor` created them, in the way of `origin`.
    Raises AlreadyStored if an IUPD, a notice number or an IUV is in use or was retired; then the
    caller must roll its transaction back.
    """
    organizations = sorted({position.organization for position in positions})
    for organization in organizations:
        matching.lock_matching_shared(connection, organization)
    _reject_respelled(connection, positions)
    try:
        new = (_new_row(position, now, actor, origin) for position in positions)
        insert_rows(connection, tables.position, new)
        pairs = [(position, option) for position in positions for option in position.options]
        options = (row for position in positions for row in option_rows(position, now))
        insert_rows(connection, tables.payment_option, options, IN_ORDER)
        transfers = ((p, o, transfer) for p, o in pairs for transfer in o.transfers)
        insert_rows(connection, tables.transfer, (transfer_row(p, o, t) for p, o, t in transfers))
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise AlreadyStored("an IUPD, NAV or IUV is in use already") from error
    retired_numbers.reject_retired(connection, positions)
    events.write(connection, (describe.created(p, actor, origin, now) for p in positions))
    for organization in organizations:
        matching.settle_unmatched(connection, organization, actor, now)


def _reject_respelled(connection: Connection, positions: Iterable[NewPosition]) -> None:
    """Raise AlreadyStored if an IUPD is stored in another spelling."""
    for position in positions:
        for spelling in spellings(position.iupd)[1:]:
            same = POSITION.organization == position.organization, POSITION.iupd == spelling
            if connection.execute(select(POSITION.iupd).where(*same)).first() is not None:
                raise AlreadyStored("an IUPD is in use in another spelling")


def analyze_after_growth(connection: Connection, written: int) -> None:
    """Analyze the tables if PostgreSQL assumes fewer than half of the rows just written.

    Its plans for tables that it assumes empty read every row of an organization, each time.
    SQLite has statistics of large tables from its migrations, and nothing is done there.
    """
    if connection.dialect.name != "postgresql":
        return
    assumed_rows = text(
        "SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = CAST('position' AS regclass)"
    )
    if 2 * connection.execute(assumed_rows).scalar_one() < written:
        # WHY: another load may be analyzing, and keeps its locks until its commit.
        connection.execute(text('ANALYZE (SKIP_LOCKED) "position", payment_option, transfer'))


#: The order in which notices are inserted.
#: WHY: an IUV is in several notice numbers, and each number has one IUV.  So two transactions that
#: insert the same of either never wait for each other.
IN_ORDER: Callable[[dict[str, Any]], Any] = itemgetter("organization", "iuv", "nav")


def insert_rows(
    connection: Connection,
    table: Any,
    rows: Iterable[dict[str, Any]],
    order: Callable[[dict[str, Any]], Any] | None = None,
) -> None:
    """Insert these rows in an order, or in that of their keys; without rows, execute nothing."""
    # WHY: two transactions that insert the same keys in two orders wait for each other.
    by_key = itemgetter(*(column.name for column in table.primary_key))
    values = sorted(rows, key=order or by_key)
    if values:
        connection.execute(insert(table), values)


def _new_row(position: NewPosition, now: datetime, actor: Actor, origin: Origin) -> dict[str, Any]:
    """Return a new position as a row of its table, with who created it."""
    kind = str(actor.kind if origin is Origin.API else origin)
    created_by = truncate(actor.id, tables.position.c.created_by)
    return {**position_row(position, now), "created_by_kind": kind, "created_by": created_by}


def position_row(position: NewPosition, now: datetime) -> dict[str, Any]:
    """Return a position as a row of its table."""
    return {
        "organization": position.organization,
        "iupd": position.iupd,
        "published_at": position.published_at,
        "withdrawn_at": position.withdrawn_at,
        "company_name": position.company_name,
        "office_name": position.office_name,
        "pay_stand_in": position.pay_stand_in,
        "service_type": position.service_type,
        **debtor_row(OptionDebtor(position.debtor, position.region, position.phone)),
        "created_at": now,
        "updated_at": now,
    }


def option_rows(position: NewPosition, now: datetime) -> list[dict[str, Any]]:
    """Return the options of a position as rows of their table, which keep their order."""
    pairs = enumerate(position.options)
    return [option_row(position, option, now) | {"ordinal": index} for index, option in pairs]


def debtor_row(of_option: OptionDebtor) -> dict[str, Any]:
    """Return a debtor as columns of a position or an option."""
    debtor = {f"debtor_{name}": value for name, value in of_option.debtor._asdict().items()}
    return {**debtor, "debtor_region": of_option.region, "debtor_phone": of_option.phone}


#: The columns of an option without a debtor of its own.
NO_DEBTOR = dict.fromkeys(debtor_row(OptionDebtor(Debtor("", "", ""))))


def option_row(position: NewPosition, option: NewOption, now: datetime) -> dict[str, Any]:
    """Return an option as a row of its table."""
    values = option._asdict()
    del values["transfers"], values["debtor"]
    return {
        **values,
        **(NO_DEBTOR if option.debtor is None else debtor_row(option.debtor)),
        "organization": position.organization,
        "iupd": position.iupd,
        "updated_at": now,
    }


def transfer_row(position: NewPosition, option: NewOption, transfer: Transfer) -> dict[str, Any]:
    """Return a transfer as a row of its table."""
    values = transfer._asdict()
    stamp = values.pop("stamp")
    return {
        **values,
        "organization": position.organization,
        "nav": option.nav,
        "beneficiary": transfer.organization,
        "stamp_hash": stamp and stamp.document_hash,
        "stamp_kind": stamp and stamp.kind,
        "stamp_province": stamp and stamp.province,
    }
