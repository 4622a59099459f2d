"""Compares a position of a file with the stored one, so that a load can be repeated."""

from __future__ import annotations

from typing import TypeVar, cast

from gpd_soap.core.notice import PROBE, NoticeNumber
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.core.text import clean
from gpd_soap.validation import position_v1
from gpd_soap.validation.convert import position_of

T = TypeVar("T")

#: The number of an option without a number in the file; no notice has it.
_NO_NUMBER = NoticeNumber(PROBE)


def same_navs(body: position_v1.Position, stored: NewPosition) -> tuple[str, ...] | None:
    """Return the notice numbers of the stored position, in the order of the body's options.

    Return None if the body describes another position.  Publication and withdrawal are ignored,
    and so is the number of an option without one in the body.
    """
    described = position_of(body, stored.organization, None, lambda: _NO_NUMBER)
    stored = _cleaned(stored)
    if _without_options(described) != _without_options(stored):
        return None
    given = {option.nav for option in described.options}
    left = [(option.nav, _comparable(option, given)) for option in stored.options]
    navs = []
    for option in described.options:
        content = _comparable(option, given)
        nav = next((nav for nav, known in left if known == content), None)
        if nav is None:
            return None
        left.remove((nav, content))
        navs.append(nav)
    return None if left else tuple(navs)


def _comparable(option: NewOption, given: set[str]) -> NewOption:
    """Return an option with sorted transfers, and without a number that no body has given."""
    if option.nav not in given:
        option = option._replace(nav=_NO_NUMBER.nav, iuv=_NO_NUMBER.iuv)
    return _with_sorted_transfers(option)


def _cleaned(value: T) -> T:
    """Return a stored value with its texts as texts are taken today."""
    if isinstance(value, str):
        return cast(T, clean(value))
    if not isinstance(value, tuple):
        return value
    items = [_cleaned(each) for each in value]
    return cast(T, type(value)._make(items) if hasattr(value, "_make") else tuple(items))


def _with_sorted_transfers(option: NewOption) -> NewOption:
    return option._replace(transfers=tuple(sorted(option.transfers, key=lambda t: t.number)))


def _without_options(position: NewPosition) -> NewPosition:
    return position._replace(published_at=None, withdrawn_at=None, options=())
