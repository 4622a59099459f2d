"""Makes the pictures of the README from the demo: `python -m tests.console.pictures`."""

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from gpd_soap import demo, wiring
from gpd_soap.clock import utc_now
from gpd_soap.settings import Settings
from gpd_soap.store.store import Store
from tests.console import bed, browsing
from tests.console.bed import ORGANIZATION

FOLDER = Path(__file__).with_name("pictures")
ORG = f"/console/{ORGANIZATION}"
WIDTH = 1280
#: The notices of the demo whose pages are shown: one that is paid, one that has expired.
PAID, EXPIRED = (
    next(nav for nav, label, _answer in demo.describe() if label.startswith(word))
    for word in ("paid", "expired")
)
#: What each picture shows: its name, who looks, the address.
PICTURES = {
    "sign-in": ("", "/console/sign-in"),
    "home": ("admin", f"{ORG}/"),
    "notice": ("admin", f"{ORG}/notices/{PAID}"),
    "expired": ("admin", f"{ORG}/notices/{EXPIRED}"),
    "station": ("admin", f"{ORG}/station"),
}
MISSING = 404


def make() -> list[str]:
    """Write every picture; return the names of those whose page is not there."""
    missing = []
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        url = f"sqlite:///{home}/pictures.db"
        # WHY: events of the demo have the machine's time.
        now = utc_now()
        bed.prepare(url, now)
        store = Store(url)
        service = wiring.node_service(Settings(), store)
        demo.refuse_some(
            wiring.node_endpoint(Settings(), service, (store.journal.write,)).dry_answer
        )
        store.journal.flush()
        console = bed.Console(store)
        console.now = now + timedelta(minutes=1)
        with bed.served(console.wsgi) as origin, browsing.chromium() as browser:
            for name, (role, path) in PICTURES.items():
                shown = browsing.tab(browser, console, origin, role)
                shown.size(WIDTH)
                if shown.open(path) == MISSING:
                    missing.append(name)
                else:
                    _photograph(shown, FOLDER / f"{name}.png")
                shown.context.close()
        store.close()
    return missing


def _photograph(shown: browsing.Tab, path: Path) -> None:
    """Write a picture of a whole page, whose window is as high as itself."""
    height = shown.page.evaluate("document.documentElement.scrollHeight")
    shown.page.set_viewport_size({"width": WIDTH, "height": height})
    shown.page.screenshot(path=path)


if __name__ == "__main__":
    for left_out in make():
        sys.stdout.write(f"there is no page for {left_out}\n")
    sys.stdout.write(f"{FOLDER}\n")
