"""Short names for the columns of the tables, and core values made from rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, or_

from gpd_soap.core.debt import Debtor, Notice, RouteCheck, Stamp, Transfer
from gpd_soap.core.receipt import ReceiptFacts
from gpd_soap.store import tables
from gpd_soap.store.database.session import Row

POSITION, OPTION, TRANSFER = tables.position.c, tables.payment_option.c, tables.transfer.c
RECEIPT = tables.receipt.c
TEXT = tables.Code

#: How many columns a `RouteCheck` has.
ROUTE_CHECK_WIDTH = 3

# Fields of a notice: those of its position, the debtor, and those of its option.  The last two,
# `alternative_paid` and `transfers`, are not columns of the option.
POSITION_FIELDS = Notice._fields[: Notice._fields.index("debtor")]
OPTION_FIELDS = Notice._fields[len(POSITION_FIELDS) + 1 : Notice._fields.index("alternative_paid")]
DEBTOR = slice(len(POSITION_FIELDS), len(POSITION_FIELDS) + len(Debtor._fields))
METADATA = DEBTOR.stop + OPTION_FIELDS.index("metadata")
#: How many columns a `Notice` has.
NOTICE_WIDTH = DEBTOR.stop + len(OPTION_FIELDS) + 1


def alternative_paid() -> ColumnElement[bool]:
    """SQL condition: an option that excludes this one was paid or reported.

    SPEC: Alternatives, rules 1 and 2.
    """
    other = tables.payment_option.alias("alternative").c
    return has_sibling(
        other,
        or_(other.paid_at.is_not(None), other.reported_at.is_not(None)),
        or_(other.plan.is_(None), OPTION.plan.is_(None), other.plan != OPTION.plan),
    )


def has_sibling(other: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL condition: the position of the option has another option that meets the conditions."""
    return exists().where(
        other.organization == OPTION.organization,
        other.iupd == OPTION.iupd,
        other.nav != OPTION.nav,
        *conditions,
    )


def notice_columns() -> list[ColumnElement[Any]]:
    """Returns the columns of a `Notice` in the order of its fields, its debtor's among them."""
    return [
        *(POSITION[name] for name in POSITION_FIELDS),
        *(POSITION[f"debtor_{name}"] for name in Debtor._fields),
        *(OPTION[name] for name in OPTION_FIELDS),
        alternative_paid(),
    ]


def transfer_columns() -> list[ColumnElement[Any]]:
    """Returns the columns of a `Transfer` in the order of its fields, its stamp's among them."""
    names = """number amount beneficiary company_name iban postal_iban stamp_hash stamp_kind
               stamp_province remittance_information category metadata"""
    return [TRANSFER[name] for name in names.split()]


def route_check_of(row: Row) -> RouteCheck:
    """Returns the result of the route check, which is in the first columns of a row."""
    return RouteCheck(row[0], row[1], row[2])


def receipt_facts_of(rows: Sequence[Row]) -> ReceiptFacts:
    """Returns the facts that decide on a receipt, from the one row of their query."""
    notice = notice_of(rows, ROUTE_CHECK_WIDTH + 3)
    return ReceiptFacts(route_check_of(rows[0]), notice, *rows[0][3:6])


def notice_of(rows: Sequence[Row], start: int) -> Notice | None:
    """Returns the notice of these rows, whose columns begin at `start`; None without a notice."""
    row = list(rows[0][start : start + NOTICE_WIDTH])
    if row[0] is None:
        return None
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
