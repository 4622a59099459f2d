"""Short names for the columns of the tables, and core values made from rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, exists, or_

from gpd_soap.core.debt import Debtor, Notice, RouteCheck, Stamp, Transfer
from gpd_soap.core.receipt import ReceiptFacts
from gpd_soap.store import tables
from gpd_soap.store.database.session import Row

POSITION, OPTION, TRANSFER = tables.position.c, tables.payment_option.c, tables.transfer.c
RECEIPT = tables.receipt.c
TEXT = tables.Code
#: Another option of a notice's position.
ALTERNATIVE = tables.payment_option.alias("alternative").c

#: The organization of a query: its code, or the parameter that brings it.  Each relation of a query
#: is compared with it, because a database that is distributed by organization needs that to send
#: the whole query to one machine.
Organization = ColumnElement[str] | str

#: How many columns a `RouteCheck` has.
ROUTE_CHECK_WIDTH = 3
NOT_OURS = RouteCheck(None, broker_known=False, station_serves=False)

# Fields of a notice: those of its position, the debtor, and those of its option.  Of the latter,
# `alternative_paid` and `transfers` are not columns of the option.
POSITION_FIELDS = Notice._fields[: Notice._fields.index("debtor")]
OPTION_FIELDS = Notice._fields[len(POSITION_FIELDS) + 1 : Notice._fields.index("alternative_paid")]
LATER_FIELDS = Notice._fields[Notice._fields.index("alternative_paid") + 1 : -1]
DEBTOR = slice(len(POSITION_FIELDS), len(POSITION_FIELDS) + len(Debtor._fields))
METADATA = DEBTOR.stop + OPTION_FIELDS.index("metadata")
#: How many columns a `Notice` has.
NOTICE_WIDTH = DEBTOR.stop + len(OPTION_FIELDS) + 1 + len(LATER_FIELDS)


def alternative_paid(organization: Organization) -> ColumnElement[bool]:
    """SQL condition: an option that excludes this one was paid or reported.

    SPEC: Alternatives, rules 1 and 2.
    """
    other = ALTERNATIVE
    return has_sibling(
        organization,
        other,
        or_(other.paid_at.is_not(None), other.reported_at.is_not(None)),
        or_(other.plan.is_(None), OPTION.plan.is_(None), other.plan != OPTION.plan),
    )


def has_sibling(
    organization: Organization, other: Any, *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    """SQL condition: the position of the option has another option that meets the conditions."""
    return exists().where(
        other.organization == organization,
        other.iupd == OPTION.iupd,
        other.nav != OPTION.nav,
        *conditions,
    )


def notice_columns(organization: Organization) -> list[ColumnElement[Any]]:
    """Returns the columns of a `Notice` in the order of its fields, its debtor's among them."""
    return [
        *(POSITION[name] for name in POSITION_FIELDS),
        *(_of_debtor(f"debtor_{name}") for name in Debtor._fields),
        *(amount_due() if name == "amount" else OPTION[name] for name in OPTION_FIELDS),
        alternative_paid(organization),
        *(OPTION[name] for name in LATER_FIELDS),
    ]


def amount_due() -> ColumnElement[int]:
    """SQL expression: what is due on a notice (Money, rule 4)."""
    return OPTION.amount + OPTION.notification_fee


def _of_debtor(name: str) -> ColumnElement[Any]:
    """SQL expression: a column of the option's own debtor, or else of its position's."""
    return case((OPTION.debtor_kind.is_not(None), OPTION[name]), else_=POSITION[name])


def transfer_columns() -> list[ColumnElement[Any]]:
    """Returns the columns of a `Transfer` in the order of its fields, its stamp's among them."""
    names = """number amount beneficiary company_name iban postal_iban stamp_hash stamp_kind
               stamp_province remittance_information category metadata"""
    return [TRANSFER[name] for name in names.split()]


def route_check_of(rows: Sequence[Row]) -> RouteCheck:
    """Returns the result of the route check, which is in the first columns of each row.

    An organization that is not ours has no row.
    """
    return RouteCheck(rows[0][0], rows[0][1], rows[0][2]) if rows else NOT_OURS


def receipt_facts_of(rows: Sequence[Row]) -> ReceiptFacts:
    """Returns the facts that decide on a receipt, from the one row of their query, if any."""
    notice = notice_of(rows, ROUTE_CHECK_WIDTH + 3)
    stored = rows[0][3:6] if rows else (None, None, False)
    return ReceiptFacts(route_check_of(rows), notice, *stored)


def notice_of(rows: Sequence[Row], start: int) -> Notice | None:
    """Returns the notice of these rows, whose columns begin at `start`; None without a notice."""
    if not rows or rows[0][start] is None:
        return None
    row = list(rows[0][start : start + NOTICE_WIDTH])
    row[METADATA] = metadata_of(row[METADATA])
    row[DEBTOR] = [Debtor._make(row[DEBTOR])]
    # WHY: for a few values a list costs less than a generator.
    transfers = [transfer_of(each[start + NOTICE_WIDTH :]) for each in rows]
    return Notice._make([*row, tuple([each for each in transfers if each is not None])])


def transfer_of(row: Row) -> Transfer | None:
    """Returns the transfer of a row's columns; None if the row holds no transfer."""
    if not row or row[0] is None:
        return None
    number, amount, beneficiary, company, iban, postal, *stamp, information, category, entries = row
    return Transfer(
        number, amount, beneficiary, company, iban, postal,
        Stamp(*stamp) if stamp[0] else None, information, category, metadata_of(entries),
    )  # fmt: skip


def metadata_of(entries: list[list[str]] | None) -> tuple[tuple[str, str], ...]:
    """Returns the entries of a stored metadata; none if they were erased."""
    return tuple((key, value) for key, value in entries) if entries else ()
