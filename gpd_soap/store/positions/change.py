"""Changing positions that are there.  Every change moves the position's version.

The caller has read the position with `lock`, so that its rows are the caller's until the commit; a
receipt that was decided on what was there before finds another version and other revisions, and is
decided again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, not_, select, update
from sqlalchemy.exc import IntegrityError

from gpd_soap.core.position import NewPosition
from gpd_soap.core.state import PositionState
from gpd_soap.store import tables
from gpd_soap.store.database.engine import is_duplicate
from gpd_soap.store.database.errors import AlreadyKept
from gpd_soap.store.node import matching
from gpd_soap.store.positions import retired_numbers as retired
from gpd_soap.store.positions.insert import insert_rows, option_row, position_row, transfer_row
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.rows import OPTION, POSITION, TRANSFER
from gpd_soap.store.states import in_state

#: What an update leaves as it is.
FIXED = ("organization", "iupd", "created_at")
#: What an update leaves as it is on a notice that the position keeps.
FIXED_OF_OPTION = ("organization", "iupd", "nav")


def announce(connection: Connection, organization: str) -> None:
    """Say, before any row is locked, that positions of this organization will be written."""
    matching.lock_matching_shared(connection, organization)


def replace(connection: Connection, old: Stored, new: NewPosition, now: datetime) -> None:
    """Put a position in the place of another of the same IUPD; the notices it drops are retired.

    AlreadyKept where a number that it brings is another position's, or was retired.
    """
    # WHY: the row itself stays, so that whoever waits for it finds it.
    values = position_row(new, now)
    _move(connection, old, now, **{name: values[name] for name in values if name not in FIXED})
    kept = {option.nav for option in new.options}
    gone = [option for option in old.position.options if option.nav not in kept]
    try:
        _replace_options(connection, old, new, now)
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise AlreadyKept("an IUV or a notice number is in use already") from error
    retired.reject_retired(connection, [new])
    retired.retire(connection, new.organization, new.iupd, gone, now)
    matching.settle_unmatched(connection, new.organization, now)


def remove(connection: Connection, old: Stored, now: datetime) -> None:
    """Delete a position; its numbers are retired."""
    position = old.position
    retired.retire(connection, position.organization, position.iupd, position.options, now)
    connection.execute(delete(tables.position).where(*_is(old)))


def publish(connection: Connection, old: Stored, now: datetime) -> None:
    """Let a position be paid from now on, or from when it is valid."""
    _move(connection, old, now, published_at=now)


def withdraw(connection: Connection, old: Stored, now: datetime) -> None:
    """Let a position be paid no more."""
    _move(connection, old, now, withdrawn_at=now)


def mark_paid(
    connection: Connection, old: Stored, nav: str, word: str, paid_on: datetime, now: datetime
) -> None:
    """Note that a notice was paid elsewhere; `word` stands where a receipt would be named."""
    _move(connection, old, now)
    connection.execute(
        update(tables.payment_option)
        .where(OPTION.organization == old.position.organization, OPTION.nav == nav)
        .values(
            paid_at=now,
            payment_date=paid_on,
            receipt_id=word,
            psp_name=word,
            fee=0,
            updated_at=now,
        )
    )


def report(connection: Connection, old: Stored, at: int, which: int, now: datetime) -> None:
    """Note that a transfer, by its place in the notice at a place, was reported by a flow.

    The notice's own `reported_at` is for one that a flow reported and no receipt paid.
    """
    option = old.position.options[at]
    _move(connection, old, now)
    _touch(connection, old, [option.nav], now)
    connection.execute(
        update(tables.transfer)
        .where(TRANSFER.organization == old.position.organization, TRANSFER.nav == option.nav)
        .where(TRANSFER.number == option.transfers[which].number)
        .values(reported_at=now)
    )


#: Of what will not be paid any more the account stays as it was.
OVER = (PositionState.INVALID, PositionState.PAID, PositionState.REPORTED)


def positions_with_account(
    connection: Connection, organization: str, iban: str, limit: int, now: datetime
) -> list[str]:
    """The positions of at most `limit` transfers that can still be paid to an account."""
    asked = (
        select(OPTION.iupd)
        .select_from(tables.payment_option)
        .join(
            tables.position,
            (POSITION.organization == OPTION.organization) & (POSITION.iupd == OPTION.iupd),
        )
        .join(
            tables.transfer,
            (TRANSFER.organization == OPTION.organization) & (TRANSFER.nav == OPTION.nav),
        )
        .where(OPTION.organization == organization, TRANSFER.iban == iban)
        .where(OPTION.paid_at.is_(None), OPTION.reported_at.is_(None))
        .where(*(not_(in_state(state, now)) for state in OVER))
        .order_by(OPTION.iupd, OPTION.nav, TRANSFER.number)
        .limit(limit)
    )
    return sorted(set(connection.execute(asked).scalars()))


def change_account(
    connection: Connection,
    old: Stored,
    shares: Collection[tuple[str, int]],
    iban: str,
    now: datetime,
) -> None:
    """Let these transfers (notice, number) of a position be paid to another account."""
    organization = old.position.organization
    for nav, number in shares:
        connection.execute(
            update(tables.transfer)
            .where(
                TRANSFER.organization == organization,
                TRANSFER.nav == nav,
                TRANSFER.number == number,
            )
            .values(iban=iban)
        )
    _touch(connection, old, {nav for nav, _ in shares}, now)
    _move(connection, old, now)


def _replace_options(connection: Connection, old: Stored, new: NewPosition, now: datetime) -> None:
    """Write the options of `new` over those of `old`: rows are updated, inserted or deleted."""
    before = {option.nav for option in old.position.options}
    kept = {option.nav for option in new.options} & before
    of_options = OPTION.organization == new.organization, OPTION.nav.in_(before - kept)
    connection.execute(delete(tables.payment_option).where(*of_options))
    of_shares = TRANSFER.organization == new.organization, TRANSFER.nav.in_(kept)
    connection.execute(delete(tables.transfer).where(*of_shares))
    rows = [option_row(new, option, now) for option in new.options]
    # WHY: a row that is inserted anew begins at revision 1 again, and a receipt that was decided on
    # the old row would take it for unchanged.  So a notice that stays is updated where it is.
    stays = update(tables.payment_option).where(
        OPTION.organization == new.organization, OPTION.nav == bindparam("of_nav")
    )
    changed = [
        {"of_nav": row["nav"]} | {name: row[name] for name in row if name not in FIXED_OF_OPTION}
        for row in rows
        if row["nav"] in kept
    ]
    if changed:
        connection.execute(stays, changed)
    insert_rows(connection, tables.payment_option, (r for r in rows if r["nav"] not in kept))
    shares = ((option, share) for option in new.options for share in option.transfers)
    insert_rows(connection, tables.transfer, (transfer_row(new, o, s) for o, s in shares))


def _is(old: Stored) -> tuple[Any, Any]:
    position = old.position
    return POSITION.organization == position.organization, POSITION.iupd == position.iupd


def _move(connection: Connection, old: Stored, now: datetime, **to: Any) -> None:
    values = {"version": POSITION.version + 1, "updated_at": now, **to}
    connection.execute(update(tables.position).where(*_is(old)).values(values))
    organization, iupd = old.position.organization, old.position.iupd
    options = update(tables.payment_option).where(
        OPTION.organization == organization, OPTION.iupd == iupd
    )
    connection.execute(options.values(revision=OPTION.revision + 1))


def _touch(connection: Connection, old: Stored, navs: Collection[str], now: datetime) -> None:
    touched = update(tables.payment_option).where(
        OPTION.organization == old.position.organization, OPTION.nav.in_(navs)
    )
    connection.execute(touched.values(updated_at=now))
