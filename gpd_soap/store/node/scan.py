"""A scan of every notice of an organization, some positions at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Select, and_, bindparam, func, select

from gpd_soap.core.debt import Notice
from gpd_soap.store import tables
from gpd_soap.store.database.connections import Connections
from gpd_soap.store.database.session import Row, Statement
from gpd_soap.store.rows import (
    DEBTOR,
    OPTION,
    OPTION_FIELDS,
    POSITION,
    TEXT,
    TRANSFER,
    notice_columns,
    notice_of,
    transfer_columns,
)

IUPD, NAV = 0, DEBTOR.stop + OPTION_FIELDS.index("nav")


class Batch(NamedTuple):
    """Some positions in the order of their IUPD: their number, and their notices."""

    positions: int
    notices: tuple[Notice, ...]


class Scan:
    """Reads batch after batch, by one query each, without a transaction, so that nobody waits."""

    def __init__(self, engine: Engine, connections: Connections) -> None:
        """Compiles the query now."""
        self._connections = connections
        self._batch = Statement(_batch(), engine)

    def batches(self, organization: str, size: int) -> Iterator[Batch]:
        """Yields every position of an organization, `size` at a time.

        Positions that are added meanwhile may be among them.
        LIMIT: `size` positions are in memory at once, because a batch is one result.
        """
        values: dict[str, Any] = {"idpa": organization, "size": size, "after": ""}
        while rows := self._connections.read(lambda session: session.fetch(self._batch, values)):
            values["after"] = rows[-1][IUPD]
            yield Batch(len({row[IUPD] for row in rows}), tuple(_notices(rows)))


def count(connection: Connection, organizations: Iterable[str]) -> int:
    """Returns the number of positions of these organizations."""
    statement = select(func.count()).where(POSITION.organization.in_(organizations))
    return connection.execute(statement).scalar_one()


def _notices(rows: Sequence[Row]) -> Iterator[Notice]:
    for nav, group in groupby(rows, lambda row: row[NAV]):
        notice = None if nav is None else notice_of(list(group), 0)
        if notice is not None:
            yield notice


def _batch() -> Select[Any]:
    """Selects a row for each transfer of each notice.

    An option without transfers, or a position without options, has one row.
    """
    idpa, following = bindparam("idpa", type_=TEXT), tables.position.alias().c
    next_iupds = (
        select(following.iupd)
        .where(following.organization == idpa)
        .where(following.iupd > bindparam("after", type_=following.iupd.type))
        .order_by(following.iupd)
        .limit(bindparam("size"))
    )
    # WHY: ordered by the bare column, SQLite would read every option of the organization for each
    # position, in the order of the primary key, instead of the position's options by their index.
    by_number = func.coalesce(OPTION.nav, "")
    of_option = and_(OPTION.organization == idpa, OPTION.iupd == POSITION.iupd)
    of_transfer = and_(TRANSFER.organization == idpa, TRANSFER.nav == OPTION.nav)
    return (
        select(*notice_columns(idpa), *transfer_columns())
        .select_from(tables.position)
        .outerjoin(tables.payment_option, of_option)
        .outerjoin(tables.transfer, of_transfer)
        .where(POSITION.organization == idpa, POSITION.iupd.in_(next_iupds))
        .order_by(POSITION.iupd, by_number, TRANSFER.number)
    )
