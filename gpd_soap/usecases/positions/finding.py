"""Finds a stored notice by its number or IUV, and a transfer of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.positions import read as stored_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases import refusals
from gpd_soap.usecases.positions.segregation import Codes, is_within
from gpd_soap.usecases.refusals import Refusal


class Notice(NamedTuple):
    """A position, and the index of one of its notices."""

    stored: Stored
    option_index: int


class NoticeTransfer(NamedTuple):
    """A position, the index of one of its notices, and that of one of the notice's transfers."""

    stored: Stored
    option_index: int
    transfer_index: int


def notice_of(
    connection: Transaction,
    organization: str,
    number: str,
    kinds: Sequence[str],
    codes: Codes = (),
    *,
    lock: bool = False,
) -> Notice:
    """Returns the notice of a number; the first of `kinds` (nav, iuv) by which there is one counts.

    Raises NoticeNotFound if there is none, or of other segregation codes.
    """
    for kind in kinds:
        iupd = stored_positions.iupd_of(connection, organization, number, kind)
        stored = iupd and stored_positions.read(connection, organization, iupd, lock=lock)
        index = _index_of(stored, number, kind) if stored else None
        if stored and index is not None and is_within(stored, codes):
            return Notice(stored, index)
    raise refusals.NoticeNotFound


def transfer_of(
    connection: Transaction, organization: str, iuv: str, number: str
) -> NoticeTransfer:
    """Returns a transfer of a notice, and locks it.  Raises TransferNotFound if there is none."""
    try:
        stored, index = notice_of(connection, organization, iuv, ("iuv",), lock=True)
    except Refusal:
        raise refusals.TransferNotFound from None
    numbers = [str(each.number) for each in stored.position.options[index].transfers]
    if number not in numbers:
        raise refusals.TransferNotFound
    return NoticeTransfer(stored, index, numbers.index(number))


def _index_of(stored: Stored, number: str, kind: str) -> int | None:
    """Returns the index of the notice with this `nav` or `iuv`, None if there is none."""
    numbers = [getattr(option, kind) for option in stored.position.options]
    return numbers.index(number) if number in numbers else None
