"""What people do with notices, with their clicks counted, in real Chromium."""

from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

from gpd_soap.core import payable, rome
from tests.console.browsing import Tab
from tests.console.harness import Console
from tests.console.loads import print_batches
from tests.console.notices.office import (
    EXPIRED,
    ORG,
    SINGLE,
    TWO,
    ask,
    events_of,
    option_of,
    position_of,
)
from tests.usecases.people.people import PASSWORD, People

Live = tuple[Console, str]
OpenTab = Callable[..., Tab]
WHO = "writer"


def type_in(shown: Tab, label: str, what: str) -> None:
    """Write in a field; counts as an action."""
    shown.clicks += 1
    shown.page.get_by_label(label, exact=True).fill(what)


def at_page(shown: Tab, path: str) -> None:
    """Wait for the page of this address."""
    shown.page.wait_for_url(lambda url: urlsplit(url).path == path)


def test_refusal_is_found_and_explained_in_three_actions(open_tab: OpenTab, live: Live):
    """Type the number, press Enter, read; and the mend is one press further."""
    console, _origin = live
    ask(console, EXPIRED, 3, payable.EXPIRED)
    shown = open_tab(WHO)
    shown.open(f"{ORG}/notices")
    shown.clicks += 1
    shown.page.locator("#q").fill("3470 0000 0000 0010 33")
    shown.clicks += 1
    shown.page.keyboard.press("Enter")
    at_page(shown, f"{ORG}/notices/{EXPIRED}")

    assert "Scaduto da un giorno, e rifiutato 3 minuti fa" in shown.page.inner_text(".verdict")
    assert "L’avviso è scaduto il 26 novembre" in shown.page.inner_text(".phone blockquote")
    assert shown.clicks <= 3
    shown.click("Sposta la scadenza")
    shown.page.get_by_text("Scadenza spostata").wait_for()
    assert "Da pagare" in shown.page.inner_text(".verdict")
    assert shown.clicks <= 3
    assert option_of(console, EXPIRED).due_at > console.now
    assert shown.problems() == []


def test_notice_is_issued_at_the_counter_in_eight_actions(open_tab: OpenTab):
    """It has instalments, which are computed while one types."""
    shown = open_tab(WHO)
    shown.open(f"{ORG}/notices")
    shown.click("Nuovo avviso")
    type_in(shown, "Codice fiscale o partita IVA", "BRNCRL80A41X999A")
    type_in(shown, "Cognome e nome, o ditta", "Bruno Carla")
    type_in(shown, "Importo in euro", "250,00")
    shown.clicks += 1
    rates = shown.page.get_by_label("Rate", exact=True)
    rates.focus()
    rates.select_option("3")
    shown.page.locator("#plan").get_by_text("83,34").wait_for()
    assert "Bruno Carla" in shown.page.inner_text("#preview")
    assert rates.evaluate("e => e === document.activeElement")
    shown.click("Emetti 4 avvisi")
    shown.page.get_by_text("Emesso: da adesso").wait_for()

    assert shown.clicks <= 8
    assert "In 3 rate" in shown.page.inner_text(".ways")
    assert shown.problems() == []


def test_template_is_chosen_while_what_was_typed_stays(open_tab: OpenTab):
    """Another template writes its own text, and leaves the payer."""
    shown = open_tab(WHO)
    shown.open(f"{ORG}/positions/new")
    type_in(shown, "Cognome e nome, o ditta", "Bruno Carla")
    shown.page.get_by_label("Modello").select_option("free")
    shown.page.locator("details[open] #f-iban").wait_for()

    assert shown.page.get_by_label("Causale").input_value() == ""
    assert shown.page.get_by_label("Cognome e nome, o ditta").input_value() == "Bruno Carla"
    assert shown.problems() == []


def test_form_waits_while_the_session_is_over_and_is_saved_after_it(open_tab: OpenTab, live: Live):
    """Half an hour of a telephone call loses nothing that was typed."""
    console, origin = live
    people = People(console.store)
    people.now = console.now
    account = people.account(scopes=["persons", "withdraw"])
    shown = open_tab(account.operator.id)
    shown.open(f"{ORG}/notices/{SINGLE}")
    shown.page.get_by_text("Ritirare l’avviso…").click()
    shown.page.get_by_label("Perché lo si ritira").fill("doppione della 4412")
    console.later(minutes=31)
    shown.page.get_by_role("button", name="Ritira l’avviso").click()
    shown.page.get_by_label("Password").wait_for()

    assert position_of(console, "DEMO-SINGLE").withdrawn_at is None
    assert "doppione della 4412" in shown.page.content()
    assert shown.problems() == []
    assert origin in shown.page.url
    people.now = console.now
    shown.page.get_by_label("Nome o indirizzo di posta").fill(account.operator.name)
    shown.page.get_by_label("Password", exact=True).fill(PASSWORD)
    shown.click("Continua")
    shown.page.get_by_label("Codice", exact=True).fill(people.code(account.secret))
    shown.click("Entra", exact=True)
    shown.page.get_by_role("button", name="Continua la modifica").wait_for()
    assert "doppione della 4412" in shown.page.locator("main").inner_text()
    assert shown.problems() == []
    assert position_of(console, "DEMO-SINGLE").withdrawn_at is None
    shown.click("Continua la modifica")
    at_page(shown, f"{ORG}/notices/{SINGLE}")
    assert "Ritirato: in banca risulta annullato" in shown.page.locator("body").inner_text()
    assert position_of(console, "DEMO-SINGLE").withdrawn_at == console.now
    [event] = [e for e in events_of(console, "DEMO-SINGLE") if e.type == "position.withdrawn"]
    assert (event.data["reason"], event.actor) == ("doppione della 4412", account.operator.id)


def test_notice_is_mended_by_keyboard_alone(open_tab: OpenTab, live: Live):
    """From the search to the button, every control is reached and seen."""
    console, _origin = live
    shown = open_tab(WHO)
    shown.open(f"{ORG}/notices")
    shown.page.keyboard.press("/")
    shown.page.keyboard.type(EXPIRED)
    shown.page.keyboard.press("Enter")
    at_page(shown, f"{ORG}/notices/{EXPIRED}")
    for _step in range(60):
        shown.page.keyboard.press("Tab")
        focused = shown.page.evaluate(
            "() => [document.activeElement.innerText, getComputedStyle(document.activeElement)"
            ".outlineStyle]"
        )
        if focused[0] == "Sposta la scadenza":
            break
    assert focused == ["Sposta la scadenza", "solid"]
    shown.page.keyboard.press("Enter")
    shown.page.get_by_text("Scadenza spostata").wait_for()

    assert option_of(console, EXPIRED).due_at > console.now


def test_two_operators_on_one_notice_lose_nothing(open_tab: OpenTab, live: Live):
    """The second sees the change of the first, keeps what was typed, and decides again."""
    console, _origin = live
    first, second = open_tab(WHO), open_tab("admin")
    for shown in (first, second):
        shown.open(f"{ORG}/notices/{EXPIRED}")
    first.click("Sposta la scadenza")
    first.page.get_by_text("Scadenza spostata").wait_for()
    moved = option_of(console, EXPIRED).due_at
    second.page.get_by_label("Nuova scadenza").fill("2026-12-24")
    second.click("Sposta la scadenza")
    second.page.get_by_text("Qualcun altro l’ha cambiato mentre lo guardavi").wait_for()

    assert option_of(console, EXPIRED).due_at == moved
    assert second.page.get_by_label("Nuova scadenza").input_value() == "2026-12-24"
    assert "Da pagare" in second.page.inner_text(".verdict")
    assert second.problems() == []
    second.click("Sposta la scadenza")
    second.page.get_by_text("Scadenza spostata").wait_for()
    assert rome.day_of(option_of(console, EXPIRED).due_at) == date(2026, 12, 24)


def test_story_prints_without_what_is_ours(open_tab: OpenTab):
    """Paper has the notice, and neither the bar, nor the buttons, nor the telephone."""
    shown = open_tab(WHO)
    shown.open(f"{ORG}/notices/{EXPIRED}")
    shown.page.emulate_media(media="print")

    assert shown.page.locator("h1").is_visible()
    assert shown.page.locator(".verdict").is_visible()
    for hidden in (".phone", ".acts", ".find", ".danger"):
        assert not shown.page.locator(hidden).first.is_visible(), hidden


def test_ticked_notices_are_printed_in_four_actions(open_tab: OpenTab, live: Live):
    """The page follows the job by itself, and leads to the archive."""
    console, _origin = live
    shown = open_tab("clerk", accept_downloads=True)
    shown.open(f"{ORG}/notices?state=payable")
    for nav in (SINGLE, TWO):
        shown.clicks += 1
        shown.page.get_by_label(f"Spunta {nav}").check()
    shown.click("Stampa")
    shown.page.get_by_text("0 avvisi su 2").wait_for()
    assert shown.problems() == []
    print_batches(console)
    shown.page.get_by_text("2 avvisi sono pronti").wait_for()
    assert shown.problems() == []
    with shown.page.expect_download() as download:
        shown.click("Scarica gli avvisi")

    assert download.value.suggested_filename.endswith(".zip")
    assert shown.clicks == 4
