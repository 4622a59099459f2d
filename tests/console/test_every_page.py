"""Every page, in every role, in Italian and German, wide and narrow, in real Chromium."""

from collections.abc import Callable

import pytest

from tests.console.browsing import WIDTHS, Tab, inspect
from tests.console.listed import OPEN_PAGES, PAGES

OpenTab = Callable[..., Tab]

NARROW = WIDTHS[-1:]
#: Role and language of who looks, and the widths at which axe's rules are checked.
#: WHY: the administrator is shown every part of a page, the reader every part for who may not, and
#: a role between them parts of these; the rules hold for parts and colours, in any language.
LOOKS = [
    ("", "it", WIDTHS),
    ("", "de", NARROW),
    ("reader", "it", NARROW),
    ("reader", "de", ()),
    ("clerk", "it", ()),
    ("writer", "it", ()),
    ("admin", "it", WIDTHS),
    ("admin", "de", NARROW),
]


@pytest.mark.parametrize(
    ("role", "language", "axe"),
    [pytest.param(*look, id="-".join((look[0] or "nobody", look[1]))) for look in LOOKS],
)
def test_page_has_no_problem(role: str, language: str, axe: tuple[int, ...], open_tab: OpenTab):
    """No message, no axe violation, no sideways scroll, and the title is the heading."""
    shown = open_tab(role, language=language)

    assert inspect(shown, PAGES if role else OPEN_PAGES, axe) == []
