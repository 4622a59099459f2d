"""Replaces the options of a position."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, update

from gpd_soap.core.position import NewPosition
from gpd_soap.store import tables
from gpd_soap.store.positions.insert import insert_rows, option_rows, transfer_row
from gpd_soap.store.positions.read import Stored
from gpd_soap.store.rows import OPTION, TRANSFER

#: Columns of a notice that an update leaves unchanged, where the position keeps the notice.
FIXED_OF_OPTION = ("organization", "iupd", "nav")


def replace_options(connection: Connection, old: Stored, new: NewPosition, now: datetime) -> None:
    """Update, insert or delete the rows of the options, so that they are those of `new`."""
    before = {option.nav for option in old.position.options}
    retained = {option.nav for option in new.options} & before
    of_options = OPTION.organization == new.organization, OPTION.nav.in_(before - retained)
    connection.execute(delete(tables.payment_option).where(*of_options))
    of_transfers = TRANSFER.organization == new.organization, TRANSFER.nav.in_(retained)
    connection.execute(delete(tables.transfer).where(*of_transfers))
    rows = option_rows(new, now)
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
    added = ({**row, "revision": old.version + 1} for row in rows if row["nav"] not in retained)
    insert_rows(connection, tables.payment_option, added)
    transfers = ((option, transfer) for option in new.options for transfer in option.transfers)
    insert_rows(connection, tables.transfer, (transfer_row(new, o, t) for o, t in transfers))
