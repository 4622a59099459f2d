"""Whether a file brings what is stored already, so that a load can be run again."""

from __future__ import annotations

from collections import Counter

from gpd_soap.core.notice import PROBE, NoticeNumber
from gpd_soap.core.position import NewOption, NewPosition
from gpd_soap.validation import position_v1 as models
from gpd_soap.validation.convert import position_of

#: Where the file brings no number; it names no notice.
_ANY = NoticeNumber(PROBE)


def is_same(body: models.Position, stored: NewPosition) -> bool:
    """Whether a position says what the stored one of its IUPD does.

    Publication is not looked at, nor the numbers that were issued where the body brings none.
    """
    brought = position_of(body, stored.organization, None, lambda: _ANY)
    navs = {option.nav for option in brought.options}
    options = Counter(_plain(option) for option in brought.options)
    known = Counter(
        _plain(option if option.nav in navs else option._replace(nav=_ANY.nav, iuv=_ANY.iuv))
        for option in stored.options
    )
    return options == known and _alone(brought) == _alone(stored)


def _plain(option: NewOption) -> NewOption:
    return option._replace(transfers=tuple(sorted(option.transfers, key=lambda t: t.number)))


def _alone(position: NewPosition) -> NewPosition:
    return position._replace(published_at=None, withdrawn_at=None, options=())
