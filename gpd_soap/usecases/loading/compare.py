"""Compares a position of a file with the stored one, so that a load can be repeated."""

from __future__ import annotations

from collections import Counter

from gpd_soap.core.notice import PROBE, NoticeNumber
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.validation import position_v1
from gpd_soap.validation.convert import position_of

#: The number of an option without a number in the file; no notice has it.
_NO_NUMBER = NoticeNumber(PROBE)


def is_same(body: position_v1.Position, stored: NewPosition) -> bool:
    """Return whether a body describes the stored position with its IUPD.

    Publication and withdrawal are ignored, and so is the number of an option without one in the
    body.
    """
    described = position_of(body, stored.organization, None, lambda: _NO_NUMBER)
    navs = {option.nav for option in described.options}
    options = Counter(_with_sorted_transfers(option) for option in described.options)
    known = Counter(
        _with_sorted_transfers(
            option
            if option.nav in navs
            else option._replace(nav=_NO_NUMBER.nav, iuv=_NO_NUMBER.iuv)
        )
        for option in stored.options
    )
    return options == known and _without_options(described) == _without_options(stored)


def _with_sorted_transfers(option: NewOption) -> NewOption:
    return option._replace(transfers=tuple(sorted(option.transfers, key=lambda t: t.number)))


def _without_options(position: NewPosition) -> NewPosition:
    return position._replace(published_at=None, withdrawn_at=None, options=())
