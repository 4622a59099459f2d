"""Queries of the node face: configuration, position, option and transfers in one round trip."""

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
    case,
    exists,
    func,
    not_,
    or_,
    select,
)

from gpd_soap.core.debt import NodeRoute, Notice, RouteCheck
from gpd_soap.core.payment_options import DebtNotice
from gpd_soap.core.receipt import Receipt, ReceiptFacts, StoredContent
from gpd_soap.store import tables
from gpd_soap.store.database.connections import Connections
from gpd_soap.store.database.session import Row, Statement
from gpd_soap.store.rows import (
    NOTICE_WIDTH,
    OPTION,
    POSITION,
    ROUTE_CHECK_WIDTH,
    TEXT,
    TRANSFER,
    has_sibling,
    notice_columns,
    notice_of,
    receipt_facts_of,
    route_check_of,
    transfer_columns,
)


class NoticeFacts(NamedTuple):
    """The facts that answer getPayment: the route check, and the notice if there is one."""

    route_check: RouteCheck
    notice: Notice | None


class Outline(NamedTuple):
    """The facts that answer verify: the notice has no transfers.

    `all_ccp` says that every transfer has a postal account.
    """

    route_check: RouteCheck
    notice: Notice | None
    all_ccp: bool


class Debt(NamedTuple):
    """All notices of one position, and whether its organization is ours."""

    organization_known: bool
    notices: tuple[DebtNotice, ...]


class NodeQueries:
    """The queries of the node face, compiled for one database."""

    def __init__(self, engine: Engine, connections: Connections) -> None:
        """Compiles the queries now."""
        self._connections = connections
        self._outline = Statement(select_outline(), engine)
        self._notice = Statement(select_notice(), engine, repeated=ROUTE_CHECK_WIDTH + NOTICE_WIDTH)
        self._receipt = Statement(select_receipt_facts(), engine)
        self._contents = Statement(select_contents(), engine)
        self._debt = Statement(select_debt(), engine)
        self._paid_by = Statement(select_paid_by(), engine)

    def outline(self, route: NodeRoute, nav: str) -> Outline:
        """Returns the facts that verify needs about a notice."""
        rows = self._read(self._outline, {**_route_parameters(route), "nav": nav})
        notice = notice_of(rows, ROUTE_CHECK_WIDTH + 1)
        return Outline(route_check_of(rows), notice, bool(rows and rows[0][ROUTE_CHECK_WIDTH]))

    def notice(self, route: NodeRoute, nav: str) -> NoticeFacts:
        """Returns the facts that getPayment needs about a notice."""
        rows = self._read(self._notice, {**_route_parameters(route), "nav": nav})
        return NoticeFacts(route_check_of(rows), notice_of(rows, ROUTE_CHECK_WIDTH))

    def receipt(self, receipt: Receipt) -> ReceiptFacts:
        """Returns the facts that decide on a receipt.

        They have the stored contents of its receiptId only if the first is not known to be its own.
        They have what paid the notice only if something did.
        """
        parameters = {
            **_route_parameters(receipt.route),
            "nav": receipt.nav,
            "iuv": receipt.iuv,
            "receipt_id": receipt.receipt_id,
        }
        facts = receipt_facts_of(self._read(self._receipt, parameters))
        idpa = receipt.route.organization
        if facts.kept_digest is None:
            if not is_settled(facts.notice):
                return facts
            rows = self._read(self._paid_by, {"idpa": idpa, "nav": receipt.nav})
            return facts._replace(paid_by=rows[0][0] if rows else None)
        if facts.kept_digest == receipt.digest:
            return facts
        key = {"idpa": idpa, "receipt_id": receipt.receipt_id}
        return facts._replace(
            contents=tuple(StoredContent(*row) for row in self._read(self._contents, key))
        )

    def debt(self, organization: str, nav: str) -> Debt:
        """Returns every notice of the position that has this one, without transfers."""
        return debt_of(self._read(self._debt, {"idpa": organization, "nav": nav}))

    def _read(self, query: Statement, parameters: dict[str, str]) -> list[Row]:
        return self._connections.read(lambda session: session.fetch(query, parameters))


def _route_parameters(route: NodeRoute) -> dict[str, str]:
    return {"idpa": route.organization, "broker": route.broker, "station": route.station}


def select_outline() -> Select[Any]:
    """Selects one row: route check, and the notice without its transfers."""
    idpa, nav = bindparam("idpa", type_=TEXT), bindparam("nav", type_=TEXT)
    columns = *_route_check(idpa), _all_ccp(idpa), *notice_columns(idpa)
    return select(*columns).select_from(_with_notice(idpa, nav)).where(_is_ours(idpa))


def select_notice() -> Select[Any]:
    """Selects a row for each transfer of the notice, or one row with the route check alone."""
    idpa, nav = bindparam("idpa", type_=TEXT), bindparam("nav", type_=TEXT)
    base = _with_notice(idpa, nav).outerjoin(
        tables.transfer, and_(TRANSFER.organization == idpa, TRANSFER.nav == OPTION.nav)
    )
    return (
        select(*_route_check(idpa), *notice_columns(idpa), *transfer_columns())
        .select_from(base)
        .where(_is_ours(idpa))
        .order_by(TRANSFER.number)
    )


def select_receipt_facts() -> Select[Any]:
    """Selects one row: route check, stored receipt of the receiptId, notice without transfers."""
    idpa, nav = bindparam("idpa", type_=TEXT), bindparam("nav", type_=TEXT)
    receipt, other = tables.receipt.c, tables.payment_option.alias("other")
    kept_digest = select(receipt.digest).where(
        receipt.organization == idpa,
        receipt.receipt_id == bindparam("receipt_id", type_=TEXT),
        receipt.variant == 0,
    )
    nav_of_iuv = select(other.c.nav).where(
        other.c.organization == idpa, other.c.iuv == bindparam("iuv", type_=TEXT)
    )
    facts = kept_digest.scalar_subquery(), nav_of_iuv.scalar_subquery(), _is_only_option(idpa)
    columns = *_route_check(idpa), *facts, *notice_columns(idpa)
    return select(*columns).select_from(_with_notice(idpa, nav)).where(_is_ours(idpa))


def is_settled(notice: Notice | None) -> bool:
    """Returns whether a notice, or an alternative that excludes it, was paid."""
    return notice is not None and (notice.paid_at is not None or notice.alternative_paid)


def select_paid_by() -> Select[Any]:
    """Selects the receiptId that paid a notice, or else the first that paid an alternative."""
    idpa, nav = bindparam("idpa", type_=TEXT), bindparam("nav", type_=TEXT)
    payer = tables.payment_option.alias("payer").c
    is_itself = payer.nav == OPTION.nav
    excludes = or_(payer.plan.is_(None), OPTION.plan.is_(None), payer.plan != OPTION.plan)
    return (
        select(payer.receipt_id)
        .where(OPTION.organization == idpa, OPTION.nav == nav)
        .where(payer.organization == idpa, payer.iupd == OPTION.iupd, payer.paid_at.is_not(None))
        .where(or_(is_itself, excludes))
        .order_by(case((is_itself, 0), else_=1), payer.paid_at)
        .limit(1)
    )


def select_contents() -> Select[Any]:
    """Selects a row for each content stored under a receiptId."""
    receipt = tables.receipt.c
    return (
        select(*(receipt[name] for name in StoredContent._fields if name != "content"))
        .where(receipt.organization == bindparam("idpa", type_=TEXT))
        .where(receipt.receipt_id == bindparam("receipt_id", type_=TEXT))
        .order_by(receipt.variant)
    )


def select_debt() -> Select[Any]:
    """Selects a row for each notice of the position, or one with the organization's name alone.

    An organization that is not ours has no row.
    """
    idpa = bindparam("idpa", type_=TEXT)
    requested = tables.payment_option.alias("asked")
    is_requested = and_(
        requested.c.organization == idpa, requested.c.nav == bindparam("nav", type_=TEXT)
    )
    siblings = and_(OPTION.organization == idpa, OPTION.iupd == requested.c.iupd)
    position = and_(POSITION.organization == idpa, POSITION.iupd == requested.c.iupd)
    return (
        select(tables.organization.c.name, _all_ccp(idpa), *notice_columns(idpa))
        .select_from(
            tables.organization.outerjoin(requested, is_requested)
            .outerjoin(tables.position, position)
            .outerjoin(tables.payment_option, siblings)
        )
        .where(_is_ours(idpa))
    )


def _is_ours(idpa: ColumnElement[str]) -> ColumnElement[bool]:
    """SQL condition: the row is that of the organization."""
    return tables.organization.c.fiscal_code == idpa


def _route_check(idpa: ColumnElement[str]) -> list[ColumnElement[Any]]:
    """Returns the columns of the route check, for a query from `organization`."""
    broker, station, serves = tables.broker.c, tables.station.c, tables.organization_station.c
    idstation, idbroker = bindparam("station", type_=TEXT), bindparam("broker", type_=TEXT)
    serving = (
        exists()
        .where(serves.organization == idpa, serves.station == idstation)
        .where(station.id == serves.station, station.broker == idbroker)
    )
    has_broker = exists().where(broker.fiscal_code == idbroker)
    return [tables.organization.c.name, has_broker, serving]


def _with_notice(idpa: ColumnElement[str], nav: ColumnElement[str]) -> FromClause:
    """Returns a join that has one row for an organization, with or without the notice."""
    return tables.organization.outerjoin(
        tables.payment_option, and_(OPTION.organization == idpa, OPTION.nav == nav)
    ).outerjoin(tables.position, and_(POSITION.organization == idpa, POSITION.iupd == OPTION.iupd))


def _is_only_option(idpa: ColumnElement[str]) -> ColumnElement[bool]:
    """SQL condition: the position of the option has no other option."""
    return not_(has_sibling(idpa, tables.payment_option.alias("sibling").c))


def _all_ccp(idpa: ColumnElement[str]) -> ColumnElement[bool]:
    """SQL condition: every transfer of the option has a postal account.

    SPEC: Payable, rule 9.
    """
    bank_only = func.coalesce(TRANSFER.postal_iban, "") == ""
    return not_(
        exists().where(TRANSFER.organization == idpa, TRANSFER.nav == OPTION.nav, bank_only)
    )


def debt_of(rows: Sequence[Row]) -> Debt:
    """Returns a debt from the rows of its query."""
    notices = ((notice_of([row], 2), row[1]) for row in rows)
    listed = tuple(DebtNotice(notice, ccp) for notice, ccp in notices if notice is not None)
    return Debt(bool(rows), listed)
