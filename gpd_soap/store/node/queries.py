"""What the Node's questions read: configuration, position, option and shares in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    not_,
    select,
)

from gpd_soap.core.debt import NodeRoute, Notice, RouteCheck
from gpd_soap.core.payment_options import Listed
from gpd_soap.core.receipt import ReceiptFacts
from gpd_soap.store import tables
from gpd_soap.store.database.connections import Connections
from gpd_soap.store.database.session import Row, Statement
from gpd_soap.store.rows import (
    OPTION,
    POSITION,
    STANDING,
    TEXT,
    TRANSFER,
    WIDTH,
    has_beside,
    known_of,
    notice_columns,
    notice_of,
    standing_of,
    transfer_columns,
)


class Answer(NamedTuple):
    """What the store says to a question: our configuration, and the notice if there is one."""

    standing: RouteCheck
    notice: Notice | None


class Outline(NamedTuple):
    """The same of a notice without its shares; `all_ccp`: each of them has a postal account."""

    standing: RouteCheck
    notice: Notice | None
    all_ccp: bool


class Debt(NamedTuple):
    """What the store says of a debt: whether its organization is ours, and all of its notices."""

    organization_known: bool
    notices: tuple[Listed, ...]


class Questions:
    """The questions of the Node, compiled for one database."""

    def __init__(self, engine: Engine, connections: Connections) -> None:
        """Compile them now."""
        self._connections = connections
        self._outline = Statement(outline_question(), engine)
        self._notice = Statement(notice_question(), engine, repeated=STANDING + WIDTH)
        self._receipt = Statement(receipt_question(), engine)
        self._debt = Statement(debt_question(), engine)

    def outline(self, claim: NodeRoute, nav: str) -> Outline:
        """Read what verify needs about a notice."""
        [row] = self._read(self._outline, {**_asked(claim), "nav": nav})
        return Outline(standing_of(row), notice_of([row], STANDING + 1), row[STANDING])

    def notice(self, claim: NodeRoute, nav: str) -> Answer:
        """Read what getPayment needs about a notice."""
        rows = self._read(self._notice, {**_asked(claim), "nav": nav})
        return Answer(standing_of(rows[0]), notice_of(rows, STANDING))

    def receipt(self, claim: NodeRoute, nav: str, iuv: str, receipt_id: str) -> ReceiptFacts:
        """Read what settling a receipt needs."""
        asked = {**_asked(claim), "nav": nav, "iuv": iuv, "receipt_id": receipt_id}
        return known_of(self._read(self._receipt, asked))

    def debt(self, organization: str, nav: str) -> Debt:
        """Read every notice of the position that this one belongs to, without their shares."""
        asked = {"idpa": organization, "nav": nav}
        return debt_of(self._read(self._debt, asked))

    def _read(self, question: Statement, asked: dict[str, str]) -> list[Row]:
        return self._connections.read(lambda session: session.ask(question, asked))


def _asked(claim: NodeRoute) -> dict[str, str]:
    return {"idpa": claim.organization, "broker": claim.broker, "station": claim.station}


def outline_question() -> Select[Any]:
    """One row: configuration, and the notice without its shares."""
    base, standing = _standing()
    base = _with_notice(base, bindparam("nav", type_=TEXT))
    return select(*standing, _all_ccp(), *notice_columns()).select_from(base)


def notice_question() -> Select[Any]:
    """One row for each share of the notice, or one row that knows only the configuration."""
    base, standing = _standing()
    base = _with_notice(base, bindparam("nav", type_=TEXT))
    base = base.outerjoin(
        tables.transfer,
        and_(TRANSFER.organization == OPTION.organization, TRANSFER.nav == OPTION.nav),
    )
    return (
        select(*standing, *notice_columns(), *transfer_columns())
        .select_from(base)
        .order_by(TRANSFER.number)
    )


def receipt_question() -> Select[Any]:
    """One row: configuration, what is kept under this receiptId, and the notice without shares."""
    base, standing = _standing()
    base = _with_notice(base, bindparam("nav", type_=TEXT))
    kept, other = tables.receipt.c, tables.payment_option.alias("other")
    idpa = bindparam("idpa", type_=TEXT)
    kept_digest = select(kept.digest).where(
        kept.organization == idpa,
        kept.receipt_id == bindparam("receipt_id", type_=TEXT),
        kept.variant == 0,
    )
    of_iuv = select(other.c.nav).where(
        other.c.organization == idpa, other.c.iuv == bindparam("iuv", type_=TEXT)
    )
    found = kept_digest.scalar_subquery(), of_iuv.scalar_subquery(), _alone()
    return select(*standing, *found, *notice_columns()).select_from(base)


def debt_question() -> Select[Any]:
    """One row for each notice of the position, or one row that knows only the configuration."""
    idpa, name = _organization_name()
    asked = tables.payment_option.alias("asked")
    named = and_(asked.c.organization == idpa, asked.c.nav == bindparam("nav", type_=TEXT))
    siblings = and_(OPTION.organization == idpa, OPTION.iupd == asked.c.iupd)
    position = and_(POSITION.organization == idpa, POSITION.iupd == asked.c.iupd)
    return select(name, _all_ccp(), *notice_columns()).select_from(
        _one()
        .outerjoin(asked, named)
        .outerjoin(tables.position, position)
        .outerjoin(tables.payment_option, siblings)
    )


def _standing() -> tuple[FromClause, list[ColumnElement[Any]]]:
    """Our configuration beside what a message claims; always exactly one row."""
    broker, station, serves = tables.broker.c, tables.station.c, tables.organization_station.c
    idpa, name = _organization_name()
    idstation, idbroker = bindparam("station", type_=TEXT), bindparam("broker", type_=TEXT)
    serving = (
        exists()
        .where(serves.organization == idpa, serves.station == idstation)
        .where(station.id == serves.station, station.broker == idbroker)
    )
    known = exists().where(broker.fiscal_code == idbroker)
    return _one(), [name, known, serving]


def _organization_name() -> tuple[ColumnElement[str], ColumnElement[str]]:
    """The organization that is asked, and its name if it is ours."""
    idpa, organization = bindparam("idpa", type_=TEXT), tables.organization.c
    named = select(organization.name).where(organization.fiscal_code == idpa)
    return idpa, named.scalar_subquery()


def _one() -> FromClause:
    """One row of nothing, so that a question is answered whatever is found."""
    return select(literal(1).label("one")).subquery("one")


def _with_notice(base: FromClause, nav: ColumnElement[str]) -> FromClause:
    idpa = bindparam("idpa", type_=TEXT)
    return base.outerjoin(
        tables.payment_option, and_(OPTION.organization == idpa, OPTION.nav == nav)
    ).outerjoin(
        tables.position,
        and_(POSITION.organization == OPTION.organization, POSITION.iupd == OPTION.iupd),
    )


def _alone() -> ColumnElement[bool]:
    """Whether the position of the option has no other."""
    return not_(has_beside(tables.payment_option.alias("sibling").c))


def _all_ccp() -> ColumnElement[bool]:
    """Whether every share of the option goes to a postal account; core.offer says so for verify."""
    bank_only = func.coalesce(TRANSFER.postal_iban, "") == ""
    return not_(
        exists().where(
            TRANSFER.organization == OPTION.organization, TRANSFER.nav == OPTION.nav, bank_only
        )
    )


def debt_of(rows: Sequence[Row]) -> Debt:
    """A debt out of the rows of its question."""
    notices = ((notice_of([row], 2), row[1]) for row in rows)
    listed = tuple(Listed(notice, ccp) for notice, ccp in notices if notice is not None)
    return Debt(rows[0][0] is not None, listed)
