"""The pages of cases, receipts, the journal and the station, with work to do, in real Chromium."""

import csv
import io
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.console import browsing, harness, working
from tests.console.browsing import inspect
from tests.console.harness import ORGANIZATION, Console

ORG = f"/console/{ORGANIZATION}"
PAGES = [
    f"{ORG}/",
    f"{ORG}/worklist?kind=double",
    f"{ORG}/worklist?resolved=1&outcome=to-refund",
    f"{ORG}/worklist/{working.DOUBLE}",
    f"{ORG}/worklist/{working.UNMATCHED}",
    f"{ORG}/worklist/{working.REVIEW}",
    f"{ORG}/worklist/{working.QUARANTINED}",
    f"{ORG}/receipts",
    f"{ORG}/receipts/{working.DOUBLE}",
    f"{ORG}/receipts/{working.DOUBLE}/case",
    f"{ORG}/journal",
    f"{ORG}/journal/{working.ENTRY}",
    f"{ORG}/station",
]


@pytest.fixture
def busy(fresh_database: FreshDatabase) -> Iterator[tuple[Console, str]]:
    """A console with work to do, and the origin at which it is served."""
    store = Store(fresh_database("sqlite", working.prepare))
    console = Console(store)
    with harness.served(console.wsgi) as origin:
        yield console, origin
    store.close()


# WHY: the operator's own menu lies over the main one, and a person opens one of them.
OPEN_ALL = "document.querySelectorAll('details:not(.me)').forEach(e => e.open = true)"


@pytest.mark.parametrize(("role", "language"), [("admin", "it"), ("reader", "de")])
def test_page_has_no_problem(role: str, language: str, browser: Browser, busy: tuple[Console, str]):
    """No message, no axe violation, no sideways scroll; its `details` open too."""
    shown = browsing.tab(browser, *busy, role, language=language)
    problems = inspect(shown, PAGES)
    for path in PAGES:
        shown.open(path)
        shown.page.evaluate(OPEN_ALL)
        problems += [f"{path} opened: {problem}" for problem in shown.problems()]
    shown.context.close()

    assert problems == []


def test_double_payment_is_resolved_and_exported_in_four_actions(
    browser: Browser, busy: tuple[Console, str]
):
    """The way begins at the first page: the doubles, the oldest, the refunds, the file."""
    shown = browsing.tab(browser, *busy, "writer", accept_downloads=True)
    shown.open(f"{ORG}/")
    shown.click("Pagati due volte")
    shown.click("Tributo di esempio 13, pagato due volte")
    shown.click("Metti fra i rimborsi 100,00\u00a0€")
    assert "Deciso: da rimborsare" in shown.page.locator("main").inner_text()
    shown.page.get_by_role("link", name="Da trattare").first.click()
    shown.clicks += 1
    with shown.page.expect_download() as download:
        shown.click("Elenco da rimborsare (CSV)")
    text = download.value.path().read_bytes().decode("utf-8-sig")
    shown.context.close()

    assert shown.clicks <= 6
    [_, row] = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert (row[0], row[5], row[6]) == (working.DOUBLE, "100,00", "Aldo Inventato")


def test_money_of_a_paid_notice_is_put_among_the_refunds_in_five_actions(
    browser: Browser, busy: tuple[Console, str]
):
    """The way begins at the notice: why, the case, its outcome; a wrong form has no problem."""
    shown = browsing.tab(browser, *busy, "writer")
    shown.open(f"{ORG}/notices/{working.PAID}")
    shown.click("Il denaro va restituito…")
    shown.page.get_by_role("button", name="Apri il caso").click()
    shown.page.get_by_role("link", name="Scegli perché").wait_for()
    assert shown.problems() == []
    shown.clicks += 1
    shown.page.get_by_label("Pagato per sbaglio").check()
    shown.click("Apri il caso")
    shown.page.wait_for_url("**/worklist/*?done=case-opened")
    assert shown.problems() == []
    shown.click("Metti fra i rimborsi")
    shown.page.wait_for_url("**/worklist/*?done=decided")
    assert "Deciso: da rimborsare" in shown.page.locator("main").inner_text()
    shown.context.close()

    assert shown.clicks <= 5


def test_case_is_taken_and_decided_by_keyboard_alone(browser: Browser, busy: tuple[Console, str]):
    """Every control has the focus in turn, and Enter presses it."""
    shown = browsing.tab(browser, *busy, "writer")
    shown.open(f"{ORG}/worklist")
    shown.page.get_by_role("button", name="Prendi il più vecchio libero").focus()
    shown.page.keyboard.press("Enter")
    shown.page.wait_for_url("**/worklist/*?done=taken")
    assert "Se ne occupa Writer Inventata" in shown.page.locator("aside").inner_text()
    shown.page.get_by_label("Trattenuto, è giusto così").focus()
    shown.page.keyboard.press("Space")
    shown.page.get_by_role("button", name="Scrivi la decisione").focus()
    shown.page.keyboard.press("Enter")
    shown.page.get_by_text("Scrivi nella nota perché").first.wait_for()
    assert shown.page.get_by_label("Trattenuto, è giusto così").is_checked()
    shown.page.get_by_label("Nota").fill("Pagato per il fratello")
    shown.page.keyboard.press("Tab")
    shown.page.keyboard.press("Enter")
    shown.page.wait_for_url("**/worklist/*?done=decided")
    assert "Risolto: trattenuto" in shown.page.locator("main").inner_text()
    shown.context.close()


def test_self_test_of_the_station_is_two_actions(browser: Browser, busy: tuple[Console, str]):
    """It says how each step went, and the page stays without a problem."""
    shown = browsing.tab(browser, *busy, "reader")
    shown.open(f"{ORG}/")
    shown.click("Come sta")
    shown.click("Esegui l’autoprova")
    tried = shown.page.get_by_role("table").first
    tried.get_by_text("risposto come si deve").first.wait_for()

    assert tried.get_by_text("risposto come si deve").count() == 3
    assert shown.problems() == []
    assert shown.clicks == 2
    shown.context.close()
