"""Every page, in every role, in Italian and German, wide and narrow, in real Chromium."""

from collections.abc import Callable

import pytest

from tests.console.browsing import Tab, inspect
from tests.console.listed import OPEN_PAGES, PAGES

OpenTab = Callable[..., Tab]


@pytest.mark.parametrize("language", ["it", "de"])
@pytest.mark.parametrize("role", ["", "reader", "clerk", "writer", "admin"])
def test_page_has_no_problem(role: str, language: str, open_tab: OpenTab):
    """No message, no axe violation, no sideways scroll, and the title is the heading."""
    shown = open_tab(role, language=language)

    assert inspect(shown, PAGES if role else OPEN_PAGES) == []
