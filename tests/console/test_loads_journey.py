"""A file of 10,000 rows with 40 bad ones is mended and loaded, by clicks that are counted."""

import io
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gpd_soap.store.loads.loads import State
from gpd_soap.usecases.jobs.worker import Worker
from gpd_soap.usecases.loads.manage import Loads
from gpd_soap.usecases.loads.reading import reading_of
from gpd_soap.usecases.loads.undo import Way
from gpd_soap.usecases.loads.work import kinds
from tests.console.browsing import WIDTHS, Tab
from tests.console.harness import ACTOR, ORGANIZATION, Console
from tests.console.loads import LOADS, work
from tests.usecases.loads.files import CODE, as_csv, line
from tests.usecases.loads.harness import rows_of

#: LIMIT: milliseconds for a trial or a load of 10,000 rows on a machine that does other things.
PATIENCE = 240_000
DUE = {"scadenza": "30/04/2027"}
BAD = [
    {"codice_fiscale": "RSSMRA71C52X99"},
    {"codice_fiscale": "0123456789"},
    {"scadenza": "31/01/2026"},
    {"importo": "1.284"},
]


@pytest.fixture
def worker(live: tuple[Console, str]) -> Iterator[None]:
    """Do jobs of loads while the test looks at pages."""
    console, stopped = live[0], threading.Event()
    thread = threading.Thread(
        target=Worker(console.store, kinds(), lambda: console.now).run, args=(stopped,)
    )
    thread.start()
    yield
    stopped.set()
    thread.join(60)


@pytest.mark.usefixtures("worker")
def test_ten_thousand_rows_are_mended_and_loaded_in_six_clicks(
    live: tuple[Console, str], open_tab: Callable[..., Tab], tmp_path: Path
):
    """Try, take the bad rows, load the good ones; then the mended file: try, load."""
    console = live[0]
    sent, mended = tmp_path / "tari-2026.csv", tmp_path / "mended.csv"
    bad = {250 * number: BAD[number % len(BAD)] for number in range(1, 41)}
    rows = [line(number, **{**DUE, **bad.get(number, {})}) for number in range(1, 10_001)]
    sent.write_bytes(as_csv(rows).read())
    shown = open_tab("writer", accept_downloads=True)
    page = shown.page

    shown.open(LOADS)
    page.set_input_files("input[type=file]", sent)
    shown.click("Prova il file")
    page.get_by_text("9.960 righe sono pronte").wait_for(timeout=PATIENCE)
    assert shown.problems() == []
    with page.expect_download() as download:
        shown.click("Scarica le 40 righe da correggere")
    shown.click("Carica le 9.960 pronte")
    page.get_by_text("9.960 posizioni create").wait_for(timeout=PATIENCE)

    header, *left = rows_of(download.value.path().read_bytes())
    assert len(left) == 40
    for row in left:
        row[1], row[3], row[5] = CODE, "128,50", "30/04/2027"
    mended.write_bytes(as_csv(left, header).read())
    console.later(minutes=1)
    shown.click("Carichi")
    page.set_input_files("input[type=file]", mended)
    shown.click("Prova il file")
    page.get_by_text("Tutte le 40 righe sono pronte").wait_for(timeout=PATIENCE)
    shown.click("Carica le 40 pronte")
    page.get_by_text("40 posizioni create").wait_for(timeout=PATIENCE)

    assert shown.clicks == 6
    assert shown.problems() == []


STATES = {
    State.RECEIVED: as_csv([line(1, **{**DUE, "importo": "12"})]).read(),
    State.TRIALLED: as_csv(
        [line(n, **{**DUE, **(BAD[n % 4] if n > 3 else {})}) for n in range(1, 12)]
    ).read(),
    State.LOADED: as_csv([line(100 + n, **DUE) for n in range(3)]).read(),
    State.UNDONE: as_csv([line(200 + n, **DUE) for n in range(3)]).read(),
    State.CANCELLED: as_csv([line(300, **DUE)]).read(),
    State.TRIAL: as_csv([line(400, **DUE)]).read(),
}


def prepared(console: Console) -> list[str]:
    """Bring a load to each state, and return the addresses of its pages."""
    addresses = [LOADS]
    for state, content in STATES.items():
        loads = Loads(console.store, lambda: console.now, ACTOR)
        load = loads.receive(ORGANIZATION, f"{state}.csv", io.BytesIO(content))
        addresses.append(f"{LOADS}/{load.id}")
        if state is not State.TRIAL:
            work(console)
        if state is State.CANCELLED:
            loads.cancel(ORGANIZATION, load.id)
        if state in (State.LOADED, State.UNDONE):
            loads.load(ORGANIZATION, load.id, reading_of(load.reading).digest)
            work(console)
            addresses.append(f"{LOADS}/{load.id}/notices")
        if state is State.UNDONE:
            loads.undo(ORGANIZATION, load.id, Way.DELETE)
            work(console)
        console.later(minutes=1)
    return addresses


@pytest.mark.parametrize(("role", "language"), [("writer", "it"), ("clerk", "de")])
def test_page_of_each_state_has_no_problem(
    live: tuple[Console, str], open_tab: Callable[..., Tab], role: str, language: str
):
    """With every fold open, too, it has no message, no axe violation and no sideways scroll."""
    console = live[0]
    shown, wrong = open_tab(role, language=language), []

    for path in prepared(console):
        for width in WIDTHS:
            shown.size(width)
            shown.open(path)
            for each in shown.page.locator("main details").all():
                each.evaluate("each => each.open = true")
            wrong += [f"{path} at {width}: {problem}" for problem in shown.problems()]

    assert wrong == []


def test_load_works_without_a_script(live: tuple[Console, str], open_tab: Callable[..., Tab]):
    """The file, the trial, the answer and the load are forms and links."""
    console = live[0]
    shown = open_tab("writer", java_script_enabled=False)
    page = shown.page
    shown.open(LOADS)
    content = STATES[State.RECEIVED]
    page.set_input_files(
        "input[type=file]", {"name": "mensa.csv", "mimeType": "text/csv", "buffer": content}
    )

    shown.click("Prova il file")
    page.get_by_label("Gli importi sono in").select_option("euro")
    shown.click("Prova il file così")
    work(console)
    shown.click("Aggiorna")
    shown.click("Carica la riga pronta")
    work(console)
    shown.click("Aggiorna")

    assert re.search(r"1\s+posizione creata", page.inner_text("main"))
    assert "12,00" in page.inner_text("main")
