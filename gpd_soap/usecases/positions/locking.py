"""Positions that are the caller's until its commit: one as it was seen, or several in one order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gpd_soap.store.database.transaction import Transaction
from gpd_soap.store.positions import read as admin_positions
from gpd_soap.store.positions.read import Stored
from gpd_soap.usecases import refusals
from gpd_soap.usecases.positions.bulk import join_path
from gpd_soap.validation.finding import FieldError, path

#: Says whether what a position is marked with is what the caller has seen.
EtagMatch = Callable[[str], bool]


class PositionRef(NamedTuple):
    """A position by its organization and IUPD, as the caller has seen it."""

    organization: str
    iupd: str
    seen: EtagMatch


def lock_position(connection: Transaction, named: PositionRef) -> Stored:
    """One position; Refusal where it is not there, or not any more as it was seen."""
    old = known(admin_positions.read(connection, named.organization, named.iupd, lock=True))
    if not named.seen(old.etag):
        raise refusals.PositionChanged
    return old


def lock_positions(
    connection: Transaction, organization: str, iupds: Sequence[str], place: str, field: str = ""
) -> list[Stored]:
    """These positions; Refusal with all that are not there.

    `place` is what the list is called, `field` where in each of it the IUPD stands.
    """
    found = admin_positions.read_all(connection, organization, iupds, lock=True)
    unknown = [
        FieldError(join_path(path(place, at), field), "unknown", "a position that is there")
        for at, iupd in enumerate(iupds)
        if iupd not in found
    ]
    if unknown:
        raise refusals.PositionNotFound(unknown)
    return [found[iupd] for iupd in iupds]


def known(stored: Stored | None) -> Stored:
    """A position that is there; Refusal where it is not."""
    if stored is None:
        raise refusals.PositionNotFound
    return stored
