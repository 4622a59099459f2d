"""The pages of the demo with its five weeks, of which lists, states and charts are full."""

import pytest
from playwright.sync_api import Browser

from tests.console import browsing
from tests.console.browsing import WIDTHS
from tests.console.harness import Console
from tests.console.listed import ORG

#: The pages, and what leads from each to one of its rows.
PAGES = {
    f"{ORG}/": "",
    "/console/overview": "",
    f"{ORG}/notices": "",
    f"{ORG}/notices?q=greco": "notices/347",
    f"{ORG}/worklist?kind=double": "worklist/",
    f"{ORG}/worklist?kind=unmatched": "worklist/",
    f"{ORG}/worklist?kind=review": "worklist/",
    f"{ORG}/receipts": "receipts/",
    f"{ORG}/journal": "journal/",
    f"{ORG}/loads": "loads/load_",
    f"{ORG}/station": "",
}


@pytest.mark.parametrize("language", ["it", "de"])
def test_full_page_has_no_problem(
    browser: Browser, busy_office: tuple[Console, str], language: str
):
    """No message, no sideways scroll, and the title is the heading; lists, and a row of each."""
    shown = browsing.tab(browser, *busy_office, "admin", language=language)
    paths = list(PAGES)
    for path, row in PAGES.items():
        if row:
            shown.open(path)
            link = shown.page.locator(f'main tbody a[href*="/{row}"]').first
            paths.append(str(link.get_attribute("href")))

    assert browsing.inspect(shown, paths, axe=WIDTHS[-1:] if language == "it" else ()) == []
    shown.context.close()
