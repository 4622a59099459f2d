"""Locks positions until the transaction ends: one by its ETag, or several in one order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases import refusals
from gpd_soap.usecases.positions.bulk import join_path
from gpd_soap.usecases.positions.segregation import Codes, is_within
from gpd_soap.validation.finding import FieldError, path

#: True if the caller accepts a position with this ETag.
EtagMatch = Callable[[str], bool]


class PositionRef(NamedTuple):
    """A position by its organization and IUPD, with the ETags that the caller accepts.

    `codes` are the segregation codes that the caller is limited to; without any, to none.
    """

    organization: str
    iupd: str
    etag_matches: EtagMatch
    codes: Codes = ()


def lock_position(connection: Transaction, position: PositionRef) -> Stored:
    """Returns a position and locks it.

    Raises PositionNotFound if there is none, PositionChanged if its ETag is another.
    """
    stored = known(
        stored_positions.find(connection, position.organization, position.iupd, lock=True),
        position.codes,
    )
    check_etag(stored, position.etag_matches)
    return stored


def check_etag(stored: Stored, etag_matches: EtagMatch | None) -> None:
    """Raises PositionChanged if the caller does not accept the ETag; None accepts any."""
    if etag_matches is not None and not etag_matches(stored.etag):
        raise refusals.PositionChanged


def lock_positions(
    connection: Transaction,
    organization: str,
    iupds: Sequence[str],
    list_name: str,
    field: str = "",
    codes: Codes = (),
) -> list[Stored]:
    """Returns positions and locks them.  Raises PositionNotFound with all that do not exist.

    `list_name` is the field of the list in the request, `field` that of the IUPD in an item.
    """
    rows = stored_positions.find_all(connection, organization, iupds, lock=True)
    unknown = [
        FieldError(join_path(path(list_name, index), field), "unknown", "a position that is there")
        for index, iupd in enumerate(iupds)
        if iupd not in rows or not is_within(rows[iupd], codes)
    ]
    if unknown:
        raise refusals.PositionNotFound(unknown)
    return [rows[iupd] for iupd in iupds]


def known(stored: Stored | None, codes: Codes = ()) -> Stored:
    """Returns `stored`.  Raises PositionNotFound if it is None, or of other segregation codes."""
    if stored is None or not is_within(stored, codes):
        raise refusals.PositionNotFound
    return stored
