"""The columns of the tables by short names; rows to core values and back."""

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

STANDING = 3

# A notice's fields: of its position, the debtor, of its option, and two that are no columns.
OF_POSITION = Notice._fields[: Notice._fields.index("debtor")]
OF_OPTION = Notice._fields[len(OF_POSITION) + 1 : Notice._fields.index("alternative_paid")]
DEBTOR = slice(len(OF_POSITION), len(OF_POSITION) + len(Debtor._fields))
METADATA = DEBTOR.stop + OF_OPTION.index("metadata")
WIDTH = DEBTOR.stop + len(OF_OPTION) + 1


def alternative_paid() -> ColumnElement[bool]:
    """Whether an option that excludes this one was paid or reported.

    Single options and plans exclude each other, plans exclude plans; the installments of one plan
    do not (DESIGN 4).
    """
    other = tables.payment_option.alias("alternative").c
    return has_beside(
        other,
        or_(other.paid_at.is_not(None), other.reported_at.is_not(None)),
        or_(other.plan.is_(None), OPTION.plan.is_(None), other.plan != OPTION.plan),
    )


def has_beside(other: Any, *rules: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the position of the option has an `other` that follows these rules."""
    return exists().where(
        other.organization == OPTION.organization,
        other.iupd == OPTION.iupd,
        other.nav != OPTION.nav,
        *rules,
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
    return [TRANSFER[name] for name in names.split()]


def standing_of(row: Row) -> RouteCheck:
    """Our configuration out of a row."""
    return RouteCheck(row[0], row[1], row[2])


def known_of(rows: Sequence[Row]) -> ReceiptFacts:
    """What settling a receipt needs, out of the one row of its question."""
    return ReceiptFacts(standing_of(rows[0]), notice_of(rows, STANDING + 3), *rows[0][3:6])


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
