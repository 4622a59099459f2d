"""What is counted over all organizations: receipts, open cases, the last probe.  Never a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, literal, select
from sqlalchemy.exc import SQLAlchemyError

from gpd_soap.core.receipt import ReceiptStatus
from gpd_soap.store import tables
from gpd_soap.store.database.database import Database

#: What waits for a person until it is resolved; and so does all of the quarantine.
OPEN = (
    ReceiptStatus.UNMATCHED,
    ReceiptStatus.DOUBLE,
    ReceiptStatus.CONFLICTING,
    ReceiptStatus.REVIEW,
)
QUARANTINE = "quarantine"

RECEIPT, HELD = tables.receipt.c, tables.quarantine.c


class Figures(NamedTuple):
    """Counts by state and by kind of open case, None where the database was too slow for one."""

    reachable: bool
    last_probe: datetime | None
    open_cases: Mapping[str, int] | None
    receipts: Mapping[str, int] | None


#: What is known of a database that is away.
UNREACHABLE = Figures(reachable=False, last_probe=None, open_cases=None, receipts=None)


def read(store: Database) -> Figures:
    """Ask for each figure in a second at most, the cheapest first; never raises for a database."""
    probed = _rows(store, select(func.max(tables.probe.c.last_at)))
    if probed is None:
        return UNREACHABLE
    return Figures(
        reachable=True,
        last_probe=probed[0][0],
        open_cases=_counts(store, _open_cases(), (*OPEN, QUARANTINE)),
        receipts=_counts(store, _receipts(), tuple(ReceiptStatus)),
    )


def _receipts() -> Select[Any]:
    return select(RECEIPT.kept, func.count()).group_by(RECEIPT.kept)


def _open_cases() -> Select[Any]:
    # WHY: by way of the organizations, the index that begins with them finds the few open cases.
    ours = tables.organization.c.fiscal_code
    waiting = (
        select(RECEIPT.kept, func.count())
        .join_from(tables.organization, tables.receipt, RECEIPT.organization == ours)
        .where(RECEIPT.kept.in_(OPEN), RECEIPT.resolved_at.is_(None))
        .group_by(RECEIPT.kept)
    )
    held = select(literal(QUARANTINE), func.count()).where(HELD.resolved_at.is_(None))
    return waiting.union_all(held)  # type: ignore[return-value]  # selected from like any other


def _counts(store: Database, asked: Select[Any], names: Iterable[str]) -> dict[str, int] | None:
    rows = _rows(store, asked)
    if rows is None:
        return None
    found = dict(rows)
    return {str(name): found.get(name, 0) for name in names}


def _rows(store: Database, asked: Select[Any]) -> Sequence[Any] | None:
    try:
        with store.reading(seconds=1) as connection:
            return connection.execute(asked).all()
    except SQLAlchemyError:
        # WHY: away or too slow, the figure is missing, and whoever watches sees that.
        return None
