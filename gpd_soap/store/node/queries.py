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
    or_,
    select,
)

from gpd_soap.core.debt import Claim, Debtor, Notice, Stamp, Standing, Transfer
from gpd_soap.core.payment_options import Listed
from gpd_soap.core.receipt import Known
from gpd_soap.store import tables as schema
from gpd_soap.store.database.connections import Connections
from gpd_soap.store.database.session import Row, Statement

POSITION, OPTION, SHARE = schema.position.c, schema.payment_option.c, schema.transfer.c
TEXT = schema.Code

STANDING = 3

# A notice's fields: of its position, the debtor, of its option, and two that are no columns.
OF_POSITION = Notice._fields[: Notice._fields.index("debtor")]
OF_OPTION = Notice._fields[len(OF_POSITION) + 1 : Notice._fields.index("alternative_paid")]
DEBTOR = slice(len(OF_POSITION), len(OF_POSITION) + len(Debtor._fields))
METADATA = DEBTOR.stop + OF_OPTION.index("metadata")
WIDTH = DEBTOR.stop + len(OF_OPTION) + 1


class Answer(NamedTuple):
    """What the store says to a question: our configuration, and the notice if there is one."""

    standing: Standing
    notice: Notice | None


class Outline(NamedTuple):
    """The same of a notice without its shares; `all_ccp`: each of them has a postal account."""

    standing: Standing
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

    def outline(self, claim: Claim, nav: str) -> Outline:
        """Read what verify needs about a notice."""
        [row] = self._read(self._outline, {**_asked(claim), "nav": nav})
        return Outline(standing_of(row), notice_of([row], STANDING + 1), row[STANDING])

    def notice(self, claim: Claim, nav: str) -> Answer:
        """Read what getPayment needs about a notice."""
        rows = self._read(self._notice, {**_asked(claim), "nav": nav})
        return Answer(standing_of(rows[0]), notice_of(rows, STANDING))

    def receipt(self, claim: Claim, nav: str, iuv: str, receipt_id: str) -> Known:
        """Read what settling a receipt needs."""
        asked = {**_asked(claim), "nav": nav, "iuv": iuv, "receipt_id": receipt_id}
        return known_of(self._read(self._receipt, asked))

    def debt(self, organization: str, nav: str) -> Debt:
        """Read every notice of the position that this one belongs to, without their shares."""
        asked = {"idpa": organization, "nav": nav}
        return debt_of(self._read(self._debt, asked))

    def _read(self, question: Statement, asked: dict[str, str]) -> list[Row]:
        return self._connections.read(lambda session: session.ask(question, asked))


def _asked(claim: Claim) -> dict[str, str]:
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
        schema.transfer, and_(SHARE.organization == OPTION.organization, SHARE.nav == OPTION.nav)
    )
    return (
        select(*standing, *notice_columns(), *transfer_columns())
        .select_from(base)
        .order_by(SHARE.number)
    )


def receipt_question() -> Select[Any]:
    """One row: configuration, what is kept under this receiptId, and the notice without shares."""
    base, standing = _standing()
    base = _with_notice(base, bindparam("nav", type_=TEXT))
    kept, other = schema.receipt.c, schema.payment_option.alias("other")
    idpa = bindparam("idpa", type_=TEXT)
    same_id = select(kept.digest).where(
        kept.organization == idpa,
        kept.receipt_id == bindparam("receipt_id", type_=TEXT),
        kept.variant == 0,
    )
    of_iuv = select(other.c.nav).where(
        other.c.organization == idpa, other.c.iuv == bindparam("iuv", type_=TEXT)
    )
    found = same_id.scalar_subquery(), of_iuv.scalar_subquery(), _alone()
    return select(*standing, *found, *notice_columns()).select_from(base)


def debt_question() -> Select[Any]:
    """One row for each notice of the position, or one row that knows only the configuration."""
    idpa, name = _organization_name()
    asked = schema.payment_option.alias("asked")
    named = and_(asked.c.organization == idpa, asked.c.nav == bindparam("nav", type_=TEXT))
    siblings = and_(OPTION.organization == idpa, OPTION.iupd == asked.c.iupd)
    position = and_(POSITION.organization == idpa, POSITION.iupd == asked.c.iupd)
    return select(name, _all_ccp(), *notice_columns()).select_from(
        _one()
        .outerjoin(asked, named)
        .outerjoin(schema.position, position)
        .outerjoin(schema.payment_option, siblings)
    )


def _standing() -> tuple[FromClause, list[ColumnElement[Any]]]:
    """Our configuration beside what a message claims; always exactly one row."""
    broker, station, serves = schema.broker.c, schema.station.c, schema.organization_station.c
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
    idpa, organization = bindparam("idpa", type_=TEXT), schema.organization.c
    named = select(organization.name).where(organization.fiscal_code == idpa)
    return idpa, named.scalar_subquery()


def _one() -> FromClause:
    """One row of nothing, so that a question is answered whatever is found."""
    return select(literal(1).label("one")).subquery("one")


def _with_notice(base: FromClause, nav: ColumnElement[str]) -> FromClause:
    idpa = bindparam("idpa", type_=TEXT)
    return base.outerjoin(
        schema.payment_option, and_(OPTION.organization == idpa, OPTION.nav == nav)
    ).outerjoin(
        schema.position,
        and_(POSITION.organization == OPTION.organization, POSITION.iupd == OPTION.iupd),
    )


def alternative_paid() -> ColumnElement[bool]:
    """Whether an option that excludes this one was paid or reported.

    Single options and plans exclude each other, plans exclude plans; the installments of one plan
    do not (DESIGN 4).
    """
    other = schema.payment_option.alias("alternative").c
    return _has_beside(
        other,
        or_(other.paid_at.is_not(None), other.reported_at.is_not(None)),
        or_(other.plan.is_(None), OPTION.plan.is_(None), other.plan != OPTION.plan),
    )


def _alone() -> ColumnElement[bool]:
    """Whether the position of the option has no other."""
    return not_(_has_beside(schema.payment_option.alias("sibling").c))


def _has_beside(other: Any, *rules: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the position of the option has an `other` that follows these rules."""
    return exists().where(
        other.organization == OPTION.organization,
        other.iupd == OPTION.iupd,
        other.nav != OPTION.nav,
        *rules,
    )


def _all_ccp() -> ColumnElement[bool]:
    """Whether every share of the option goes to a postal account; core.offer says so for verify."""
    bank_only = func.coalesce(SHARE.postal_iban, "") == ""
    return not_(
        exists().where(
            SHARE.organization == OPTION.organization, SHARE.nav == OPTION.nav, bank_only
        )
    )


def notice_columns() -> list[ColumnElement[Any]]:
    """The columns of a `Notice`, its debtor's spread in place, in the order of its fields."""
    return [
        *(POSITION[name] for name in OF_POSITION),
        *(POSITION[f"debtor_{name}"] for name in Debtor._fields),
        *(OPTION[name] for name in OF_OPTION),
        alternative_paid(),
    ]


def transfer_columns() -> list[ColumnElement[Any]]:
    """The columns of a `Transfer`, its stamp's spread in place, in the order of its fields."""
    names = """number amount beneficiary company_name iban postal_iban stamp_hash stamp_kind
               stamp_province remittance_information category metadata"""
    return [SHARE[name] for name in names.split()]


def standing_of(row: Row) -> Standing:
    """Our configuration out of a row."""
    return Standing(row[0], row[1], row[2])


def known_of(rows: Sequence[Row]) -> Known:
    """What settling a receipt needs, out of the one row of its question."""
    return Known(standing_of(rows[0]), notice_of(rows, STANDING + 3), *rows[0][3:6])


def debt_of(rows: Sequence[Row]) -> Debt:
    """A debt out of the rows of its question."""
    notices = ((notice_of([row], 2), row[1]) for row in rows)
    listed = tuple(Listed(notice, ccp) for notice, ccp in notices if notice is not None)
    return Debt(rows[0][0] is not None, listed)


def notice_of(rows: Sequence[Row], at: int) -> Notice | None:
    """The notice out of its rows, whose columns begin at `at`; None when there is none."""
    row = list(rows[0][at : at + WIDTH])
    if row[0] is None:
        return None
    row[METADATA] = _metadata(row[METADATA])
    row[DEBTOR] = [Debtor._make(row[DEBTOR])]
    # WHY: lists, because a generator's steps cost more than its few values.
    shares = [transfer_of(each[at + WIDTH :]) for each in rows]
    return Notice._make([*row, tuple([share for share in shares if share is not None])])


def transfer_of(row: Row) -> Transfer | None:
    """One share out of its columns; None where the option has none, or none were asked for."""
    if not row or row[0] is None:
        return None
    number, amount, beneficiary, company, iban, postal, *stamp, information, category, entries = row
    return Transfer(
        number, amount, beneficiary, company, iban, postal,
        Stamp(*stamp) if stamp[0] else None, information, category, _metadata(entries),
    )  # fmt: skip


def _metadata(entries: list[list[str]] | None) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in entries) if entries else ()
