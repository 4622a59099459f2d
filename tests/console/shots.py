"""Writes pictures of pages of a demo: `python -m tests.console.shots FOLDER ROLE PATH…`."""

import sys
import tempfile
from pathlib import Path

from gpd_soap.store.store import Store
from tests.console import browsing, harness


def main(folder: Path, role: str, paths: list[str], width: int = 1280) -> None:
    """Write a picture of each page, as a role sees it."""
    with tempfile.TemporaryDirectory() as home:
        url = f"sqlite:///{home}/shots.db"
        harness.prepare(url)
        store = Store(url)
        console = harness.Console(store)
        with harness.served(console.wsgi) as origin, browsing.chromium() as browser:
            shown = browsing.tab(browser, console, origin, "" if role == "-" else role)
            shown.size(width)
            for path in paths:
                shown.open(path)
                called = path.strip("/").replace("/", "-").split("?")[0]
                file = f"{called}-{width}.png"
                shown.page.screenshot(path=folder / file, full_page=True)
            shown.context.close()
        store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
