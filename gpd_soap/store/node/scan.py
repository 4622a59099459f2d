"""Every notice of an organization, some positions at a time, for whoever looks at all of them."""

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
    OF_OPTION,
    OPTION,
    POSITION,
    TEXT,
    TRANSFER,
    notice_columns,
    notice_of,
    transfer_columns,
)

IUPD, NAV = 0, DEBTOR.stop + OF_OPTION.index("nav")


class Batch(NamedTuple):
    """Some positions in the order of their IUPD: how many, and their notices."""

    positions: int
    notices: tuple[Notice, ...]


class Sweep:
    """Reads batch after batch: one query each, without a transaction, so that nobody waits."""

    def __init__(self, engine: Engine, connections: Connections) -> None:
        """Compile the query now."""
        self._connections = connections
        self._batch = Statement(_batch(), engine)

    def batches(self, organization: str, size: int) -> Iterator[Batch]:
        """Every position of an organization, `size` at a time; what comes meanwhile may be there.

        LIMIT: a batch is in memory whole.
        """
        asked: dict[str, Any] = {"idpa": organization, "size": size, "after": ""}
        while rows := self._connections.read(lambda session: session.ask(self._batch, asked)):
            asked["after"] = rows[-1][IUPD]
            yield Batch(len({row[IUPD] for row in rows}), tuple(_notices(rows)))


def count(connection: Connection, organizations: Iterable[str]) -> int:
    """How many positions these organizations have."""
    asked = select(func.count()).where(POSITION.organization.in_(organizations))
    return connection.execute(asked).scalar_one()


def _notices(rows: Sequence[Row]) -> Iterator[Notice]:
    for nav, same in groupby(rows, lambda row: row[NAV]):
        notice = None if nav is None else notice_of(list(same), 0)
        if notice is not None:
            yield notice


def _batch() -> Select[Any]:
    """A row for each share of each notice; one for an option, or a position, that has none."""
    idpa, coming = bindparam("idpa", type_=TEXT), tables.position.alias().c
    next_ones = (
        select(coming.iupd)
        .where(coming.organization == idpa)
        .where(coming.iupd > bindparam("after", type_=coming.iupd.type))
        .order_by(coming.iupd)
        .limit(bindparam("size"))
    )
    # WHY: by the bare column SQLite would read every option of the organization for each position,
    # in the order of the primary key, rather than those of the position by their index.
    by_number = func.coalesce(OPTION.nav, "")
    of_option = and_(OPTION.organization == POSITION.organization, OPTION.iupd == POSITION.iupd)
    of_share = and_(TRANSFER.organization == OPTION.organization, TRANSFER.nav == OPTION.nav)
    return (
        select(*notice_columns(), *transfer_columns())
        .select_from(tables.position)
        .outerjoin(tables.payment_option, of_option)
        .outerjoin(tables.transfer, of_share)
        .where(POSITION.organization == idpa, POSITION.iupd.in_(next_ones))
        .order_by(POSITION.iupd, by_number, TRANSFER.number)
    )
