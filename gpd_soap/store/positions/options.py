"""Replaces the options of positions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from gpd_soap.core.position import NewPosition
from gpd_soap.store import tables
from gpd_soap.store.database.engine import is_duplicate
from gpd_soap.store.database.errors import AlreadyStored
from gpd_soap.store.positions import retired_numbers
from gpd_soap.store.positions.insert import IN_ORDER, insert_rows, option_rows, transfer_row
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.rows import OPTION, TRANSFER

#: Columns of a notice that an update leaves unchanged, where the position keeps the notice.
FIXED_OF_OPTION = ("organization", "iupd", "nav")


class Replacement(NamedTuple):
    """A locked position, and the content that replaces its own."""

    old: Stored
    new: NewPosition

    @property
    def retained(self) -> set[str]:
        """The numbers of the notices that the position keeps."""
        return {o.nav for o in self.new.options} & {o.nav for o in self.old.position.options}


class NumberInUse(AlreadyStored):
    """A number of the new content at `index` is or was another position's."""

    def __init__(self, index: int) -> None:
        """Keep the index."""
        super().__init__("an IUV or a notice number is in use already")
        self.index = index


def replace_options(
    connection: Connection, replacements: Sequence[Replacement], now: datetime
) -> None:
    """Update, insert or delete the rows of the options, so that they are those of the contents.

    The numbers that a position loses are retired.  Raises NumberInUse.
    """
    _reject_numbers_of_others(connection, replacements)
    rows = [list(option_rows(new, now)) for _old, new in replacements]
    for replacement, of_position in zip(replacements, rows, strict=True):
        _change_retained(connection, replacement, of_position)
    _add(connection, replacements, rows)
    for replacement in replacements:
        new, retained = replacement.new, replacement.retained
        pairs = ((option, transfer) for option in new.options for transfer in option.transfers)
        insert_rows(connection, tables.transfer, (transfer_row(new, o, t) for o, t in pairs))
        dropped = [o for o in replacement.old.position.options if o.nav not in retained]
        retired_numbers.retire(connection, new.organization, new.iupd, dropped, now)
    for index, (old, new) in enumerate(replacements):
        try:
            retired_numbers.reject_retired(connection, [new], back_to=old)
        except AlreadyStored as error:
            raise NumberInUse(index) from error


def _reject_numbers_of_others(connection: Connection, replacements: Sequence[Replacement]) -> None:
    """Raise NumberInUse if a position would get a number that another one has.

    WHY: of two transactions that exchange numbers, each would insert what the other has deleted,
    and wait for its commit.
    """
    added = [
        (index, new, option)
        for index, (new, retained) in enumerate((each.new, each.retained) for each in replacements)
        for option in new.options
        if option.nav not in retained
    ]
    for organization in {new.organization for _index, new, _option in added}:
        options = [option for _index, new, option in added if new.organization == organization]
        navs, iuvs = [each.nav for each in options], [each.iuv for each in options]
        statement = select(OPTION.iupd, OPTION.nav, OPTION.iuv).where(
            OPTION.organization == organization, or_(OPTION.nav.in_(navs), OPTION.iuv.in_(iuvs))
        )
        for row in connection.execute(statement):
            for index, new, option in added:
                is_number = option.nav == row.nav or option.iuv == row.iuv
                if is_number and new.organization == organization and new.iupd != row.iupd:
                    raise NumberInUse(index)


def _change_retained(
    connection: Connection, replacement: Replacement, rows: list[dict[str, Any]]
) -> None:
    """Delete the notices that a position loses, and update those that it keeps."""
    (old, new), retained = replacement, replacement.retained
    lost = {option.nav for option in old.position.options} - retained
    of_options = OPTION.organization == new.organization, OPTION.nav.in_(lost)
    connection.execute(delete(tables.payment_option).where(*of_options))
    of_transfers = TRANSFER.organization == new.organization, TRANSFER.nav.in_(retained)
    connection.execute(delete(tables.transfer).where(*of_transfers))
    # WHY: a receipt that was decided on a deleted row of the same revision would take an inserted
    # row for unchanged.  So the row of a retained notice is updated, and a notice that comes back
    # begins at the new version, which is higher than each revision that it had.
    change_retained = update(tables.payment_option).where(
        OPTION.organization == new.organization, OPTION.nav == bindparam("of_nav")
    )
    changed = [
        {"of_nav": row["nav"]} | {name: row[name] for name in row if name not in FIXED_OF_OPTION}
        for row in rows
        if row["nav"] in retained
    ]
    if changed:
        connection.execute(change_retained, changed)


def _add(
    connection: Connection,
    replacements: Sequence[Replacement],
    rows: Sequence[list[dict[str, Any]]],
) -> None:
    """Insert the notices that positions get.  Raises NumberInUse."""
    added = [
        (IN_ORDER(row), index, {**row, "revision": replacement.old.version + 1})
        for index, (replacement, of_position) in enumerate(zip(replacements, rows, strict=True))
        for row in of_position
        if row["nav"] not in replacement.retained
    ]
    # WHY: of two transactions that insert the same numbers in two orders, each would wait for the
    # other, so that those of all positions are inserted in one order, as new positions' are.
    for _order, index, row in sorted(added, key=lambda each: each[0]):
        try:
            connection.execute(insert(tables.payment_option), row)
        except IntegrityError as error:
            if not is_duplicate(error):
                raise
            raise NumberInUse(index) from error
