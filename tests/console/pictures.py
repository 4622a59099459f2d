"""Makes the pictures of the README from the demo: `python -m tests.console.pictures`."""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from gpd_soap import demo
from gpd_soap.store.store import Store
from tests.console import browsing, harness
from tests.console.harness import ORGANIZATION
from tests.console.smaller import make_smaller

FOLDER = Path(__file__).with_name("pictures")
ORG = f"/console/{ORGANIZATION}"
WIDTH = 1280
#: The instant of the pictures: a Friday morning, 10:41 in Rome.
NOW = datetime(2026, 11, 27, 9, 41, 20, tzinfo=UTC)
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
    "case": ("admin", f"{ORG}/worklist?kind=double"),
}
#: What is opened on the page of an address before its picture is made.
LINKS = {"case": "TARI 2026, rata 2, pagato due volte"}
MISSING = 404
#: Writes the days of fields with the day first.
#: WHY: Chromium writes them in the language of its own menus, which Debian installs in English, and
#: a browser in Italy does not.
DAYS_FIRST = """for (const field of document.querySelectorAll("input[type=date]")) {
  const [year, month, day] = field.value.split("-");
  field.type = "text";
  if (day) field.value = `${day}/${month}/${year}`;
}"""


def make() -> list[str]:
    """Write every picture; return the names of those whose page is not there."""
    missing = []
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        url = f"sqlite:///{home}/pictures.db"
        harness.prepare_with_history(url, NOW)
        store = Store(url)
        console = harness.Console(store)
        console.now = NOW
        with harness.served(console.wsgi) as origin, browsing.chromium() as browser:
            for name, (role, path) in PICTURES.items():
                shown = browsing.tab(browser, console, origin, role)
                shown.size(WIDTH)
                if shown.open(path) == MISSING:
                    missing.append(name)
                else:
                    if name in LINKS:
                        shown.page.get_by_role("link", name=LINKS[name]).click()
                        shown.page.wait_for_url("**/worklist/*")
                    _photograph(shown, FOLDER / f"{name}.png")
                shown.context.close()
        store.close()
    return missing


def _photograph(shown: browsing.Tab, path: Path) -> None:
    """Write a picture of a whole page, whose window is as high as itself."""
    shown.page.evaluate(DAYS_FIRST)
    height = shown.page.evaluate("document.documentElement.scrollHeight")
    shown.page.set_viewport_size({"width": WIDTH, "height": height})
    shown.page.screenshot(path=path)
    make_smaller(path)


if __name__ == "__main__":
    for left_out in make():
        sys.stdout.write(f"there is no page for {left_out}\n")
    sys.stdout.write(f"{FOLDER}\n")
