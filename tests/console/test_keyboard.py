"""The four first tasks of a new operator in the demo, with keys alone; the focus is always seen."""

from typing import Any

from playwright.sync_api import Browser

from gpd_soap.demo import files
from tests.console import browsing
from tests.console.browsing import Tab
from tests.console.harness import ORGANIZATION, Console

ORG = f"/console/{ORGANIZATION}"
EXPIRED = "347000000000001033"
#: LIMIT: presses of Tab before a control is taken for unreachable.
MOST = 80
#: What has the focus: its words, and whether an outline is drawn around it or its box.
FOCUSED = """() => {
    const e = document.activeElement;
    const drawn = (s) => s.outlineStyle === "solid" && parseFloat(s.outlineWidth) >= 3;
    const box = e.closest(".find") || e;
    const label = e.labels && e.labels.length ? e.labels[0].innerText : "";
    const words = (label + " " + e.innerText).trim().replace(/\\s+/g, " ");
    return [words, drawn(getComputedStyle(e)) || drawn(getComputedStyle(box))];
}"""


class Keys:
    """Presses keys on a page, and counts them."""

    def __init__(self, shown: Tab) -> None:
        self.page = shown.page
        self.unseen: list[str] = []

    def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def go(self, letter: str, path: str) -> None:
        """Go to a page of the menu by its letter."""
        self.page.evaluate("document.activeElement.blur()")
        self.press("g", letter)
        self.page.wait_for_url(f"**{path}")

    def reach(self, words: str) -> None:
        """Press Tab until the control with these words has the focus."""
        for _step in range(MOST):
            self.press("Tab")
            focused, seen = self.focused()
            if not seen:
                self.unseen.append(focused)
            if words in focused:
                return
        raise AssertionError(f"Tab does not reach {words}")

    def focused(self) -> Any:
        """Return the words of what has the focus, and whether one sees that."""
        return self.page.evaluate(FOCUSED)


def test_four_first_tasks_by_keys_alone(browser: Browser, busy_office: tuple[Console, str]):
    """Explain a refusal and mend it, issue a notice, resolve a double payment, see the station."""
    shown = browsing.tab(browser, *busy_office, "writer")
    keys, page = Keys(shown), shown.page

    shown.open(f"{ORG}/")
    page.keyboard.type(EXPIRED)
    keys.press("Enter")
    page.wait_for_url(f"**/notices/{EXPIRED}")
    assert "rifiutato" in page.inner_text(".verdict")
    assert "L’avviso è scaduto" in page.inner_text(".phone blockquote")
    keys.reach("Sposta la scadenza")
    keys.press("Enter")
    page.locator(".done").wait_for()
    assert "Scadenza spostata" in keys.focused()[0]

    keys.go("a", "/positions/new")
    for label, typed in (
        ("Codice fiscale o partita IVA", "BRNCRL41A43X999Y"),
        ("Cognome e nome, o ditta", "Bruni Carla"),
        ("Importo in euro", "250,00"),
    ):
        keys.reach(label)
        keys.press("Control+a")
        page.keyboard.type(typed)
    keys.reach("Rate")
    keys.press("ArrowDown", "ArrowDown")
    page.locator("#plan").get_by_text("83,34").wait_for()
    assert "Rate" in keys.focused()[0]
    keys.reach("Emetti 4 avvisi")
    keys.press("Enter")
    page.locator(".done").wait_for()
    assert "Emesso" in keys.focused()[0]

    keys.go("w", "/worklist")
    keys.press("j")
    assert "pagato due volte" in keys.focused()[0]
    keys.press("Enter")
    page.get_by_role("heading", name="Le due ricevute").wait_for()
    keys.reach("Metti fra i rimborsi")
    keys.press("Enter")
    page.locator(".done").wait_for()
    assert "Deciso" in page.inner_text("main")

    keys.go("s", "/station")
    assert "La stazione sta bene" in page.inner_text("h1")
    keys.reach("Esegui l’autoprova")
    keys.press("Enter")
    page.locator("#h-tried").wait_for()
    assert keys.focused()[0] == "L’autoprova"

    assert keys.unseen == []
    assert shown.problems() == []
    shown.context.close()


def test_button_of_a_decision_says_what_it_does(browser: Browser, busy_office: tuple[Console, str]):
    """Its words follow the outcome that is chosen, without a script too."""
    shown = browsing.tab(browser, *busy_office, "writer", java_script_enabled=False)
    shown.open(f"{ORG}/worklist?kind=double")
    shown.page.get_by_role("link", name="TARI 2026, rata 2, pagato due volte").click()
    button = shown.page.locator(".decide .btn.go")
    assert button.inner_text().startswith("Metti fra i rimborsi")
    shown.page.get_by_label("Trattenuto, è giusto così").check()
    assert button.inner_text() == "Scrivi la decisione"
    assert files.TWICE[-4:] in shown.page.inner_text("main").replace(" ", "").replace("\n", "")
    shown.context.close()
