"""What is done with several notices: a file, documents, or a withdrawal."""

import io
import re
import zipfile

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gpd_soap.console.pages import chosen
from gpd_soap.core.debt import Debtor
from gpd_soap.store import tables
from gpd_soap.store.positions import insert
from tests.console.harness import ACTOR, ORGANIZATION, OTHER, Console
from tests.console.loads import print_batches
from tests.console.notices.office import (
    EXPIRED,
    NAME,
    ORG,
    PAID,
    SINGLE,
    TWO,
    audit_of,
    position_of,
    text,
)
from tests.world import option, position

DO, WITHDRAW = f"{ORG}/chosen-notices", f"{ORG}/chosen-notices/withdraw"
ALL = f"{ORG}/chosen-notices.csv"
BACK = f"{ORG}/notices?state=payable"


def seen_on(answer: TestResponse) -> str:
    """Return what stands for the notices that a page has shown."""
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', answer.text)
    assert seen is not None
    return seen[1]


def test_file_of_ticked_notices_is_one_for_a_spreadsheet(console: Console):
    """Semicolons, a decimal comma, UTF-8 that is known, numbers that stay whole."""
    answer = console.client("writer").post(
        DO, data={"nav": [SINGLE, PAID], "act": "export", "back": BACK}
    )
    lines = answer.get_data().decode("utf-8").split("\r\n")

    assert answer.get_data().startswith(b"\xef\xbb\xbf")
    assert lines[1].startswith("3470 0000 0000 0001 24;4700 0000 0000 0012 4;DEMO-SINGLE;")
    assert ";100,00;26/01/2027;" in lines[1]
    assert f";RSSMRA00A01A000K;{NAME}" in lines[2]
    read = [row.nav for row in audit_of(console) if row.actor == "writer" and row.nav]
    assert sorted(read) == sorted([SINGLE, PAID])


def test_cell_that_would_be_a_formula_is_a_text(console: Console):
    """A debtor's name reaches no spreadsheet as a program."""
    debtor = Debtor("F", "RSSMRA00A01A000A", "=HYPERLINK(1)")
    new = position("P", option(1), debtor=debtor, published_at=console.now)
    with console.store.begin() as connection:
        insert.add(connection, [new], console.now, ACTOR)
    content = console.client("writer").get(ALL).get_data(as_text=True)

    assert ";'=HYPERLINK(1)" in content


@pytest.mark.parametrize(("recent", "leads_to"), [(True, "csv"), (False, "step-up")])
def test_file_of_more_than_a_hundred_persons_needs_a_recent_factor(
    console: Console, *, recent: bool, leads_to: str
):
    """A small file needs none."""
    client = console.client("writer", recent=recent)
    assert client.get(ALL).status_code == 200
    with console.store.begin() as connection:
        for n in range(101):
            debtor = Debtor("F", f"RSSMRA00A01{n:04}X", "Rossi Mario")
            new = position(f"N-{n}", option(10_000 + n), debtor=debtor, published_at=console.now)
            insert.add(connection, [new], console.now, ACTOR)
    first = client.get(f"{ALL}?q=rossi")
    second = client.get(first.location)

    assert first.status_code == 303
    assert leads_to in (second.content_type if recent else second.location)
    if recent:
        assert second.get_data(as_text=True).count("\r\n") == 102


def test_operator_without_persons_gets_no_file(console: Console):
    """Neither ticked notices nor a list become a file."""
    client = console.client("reader")
    ticked = client.post(DO, data={"nav": [SINGLE], "act": "export", "back": BACK})

    assert client.get(ALL).status_code == 403
    assert NAME not in ticked.get_data(as_text=True)


def test_withdrawal_of_several_asks_why_and_says_what_stays(console: Console):
    """Those that can be are withdrawn, the others are named with the reason."""
    client = console.client("writer")
    ticked = {"nav": [SINGLE, TWO, PAID], "back": BACK}
    shown_first = client.post(DO, data={**ticked, "act": "withdraw"})
    assert "Ritirare gli avvisi spuntati" in text(shown_first)
    assert "3 avvisi, 300,50 €" in text(shown_first)
    without = client.post(WITHDRAW, data={**ticked, "reason": ""})
    assert without.status_code == 422
    seen = seen_on(shown_first)
    done = client.post(WITHDRAW, data={**ticked, "reason": "lista doppia", "seen": seen})

    assert done.status_code == 409
    assert "2 sono ritirati. Gli altri sono qui sotto." in text(done)
    assert "3470 0000 0000 0013 36: Si ritira solo quello che è pubblicato" in text(done)
    assert position_of(console, "DEMO-SINGLE").withdrawn_at == console.now
    assert position_of(console, "DEMO-PAID").withdrawn_at is None
    refused = client.post(WITHDRAW, data={"nav": [EXPIRED], "back": "https://evil.example/"})
    assert refused.status_code == 422


def test_complete_withdrawal_leads_back_to_the_list(console: Console):
    """The list has its filters, and says what was done."""
    client = console.client("writer")
    chosen = {"nav": [SINGLE], "back": BACK}
    seen = seen_on(client.post(DO, data={**chosen, "act": "withdraw"}))
    answer = client.post(WITHDRAW, data={**chosen, "reason": "doppio", "seen": seen})

    assert answer.location == f"{BACK}&done=notices-withdrawn"


def test_withdrawal_of_what_has_changed_meanwhile_is_shown_again(console: Console):
    """A colleague has corrected a notice between the page and its button; nothing is withdrawn."""
    client = console.client("writer")
    chosen = {"nav": [SINGLE, TWO], "back": BACK}
    seen = seen_on(client.post(DO, data={**chosen, "act": "withdraw"}))
    etag = re.search(r'name="etag" value="([^"]+)"', client.get(f"{ORG}/notices/{SINGLE}").text)
    assert etag is not None
    moved = {"due": "2027-02-26", "reason": "proroga", "etag": etag[1]}
    assert client.post(f"{ORG}/notices/{SINGLE}/due", data=moved).status_code == 303

    stale = client.post(WITHDRAW, data={**chosen, "reason": "doppio", "seen": seen})
    forged = client.post(WITHDRAW, data={**chosen, "reason": "doppio"})

    assert stale.status_code == forged.status_code == 409
    assert position_of(console, "DEMO-SINGLE").withdrawn_at is None
    again = client.post(WITHDRAW, data={**chosen, "reason": "doppio", "seen": seen_on(stale)})
    assert again.status_code == 303
    assert position_of(console, "DEMO-SINGLE").withdrawn_at == console.now


def test_reader_withdraws_nothing(console: Console):
    """A forged form withdraws nothing either."""
    client = console.client("clerk")

    assert client.post(WITHDRAW, data={"nav": [SINGLE], "reason": "x"}).status_code == 403
    client.post(DO, data={"nav": [SINGLE], "act": "withdraw"})
    assert position_of(console, "DEMO-SINGLE").withdrawn_at is None


def test_ticked_notices_are_printed_and_taken_away(console: Console):
    """A page says how far it is; what is not printed is there with its reason."""
    client = console.client("clerk")
    begun = client.post(DO, data={"nav": [SINGLE, TWO, PAID], "act": "print", "back": BACK})
    assert (begun.status_code, "/prints/bat_" in begun.location) == (303, True)
    waits = client.get(begun.location)
    assert "0 avvisi su 3" in text(waits)
    assert 'hx-trigger="every 2s"' in waits.get_data(as_text=True)
    assert "Sull’avviso mancano i dati dell’ente" in text(waits)
    assert client.get(f"{begun.location}/notices.zip").status_code == 404
    print_batches(console)

    ready = client.get(begun.location)
    assert "2 avvisi sono pronti" in text(ready)
    assert "3470 0000 0000 0013 36" in text(ready)
    assert "hx-trigger" not in ready.get_data(as_text=True).partition("<main")[2]
    archive = client.get(f"{begun.location}/notices.zip")
    with zipfile.ZipFile(io.BytesIO(archive.data)) as zip_file:
        names = [name for name in zip_file.namelist() if name.endswith(".pdf")]
    assert [name.partition("-")[2] for name in names] == [f"{SINGLE}.pdf", f"{TWO}.pdf"]
    read = [row.nav for row in audit_of(console) if row.path.endswith("notices.zip")]
    assert sorted(filter(None, read)) == sorted([SINGLE, TWO])


def test_batch_of_another_organization_is_not_there(console: Console):
    """One that never existed is 404 too, and an operator without persons gets 403."""
    address = console.client("clerk").post(DO, data={"nav": [SINGLE], "act": "print"}).location
    writer = console.client("writer")

    assert writer.get(address.replace(ORGANIZATION, OTHER)).status_code == 404
    assert writer.get(f"{address}0").status_code == 404
    assert console.client("reader").get(address).status_code == 403
    forged = console.client("reader").post(DO, data={"nav": [SINGLE], "act": "print"})
    assert "/prints/" not in forged.location


def test_stopped_batch_is_resumed_by_a_person(console: Console):
    """No notice is printed twice."""
    client = console.client("clerk")
    address = client.post(DO, data={"nav": [SINGLE], "act": "print"}).location
    with console.store.begin() as connection:
        connection.execute(tables.job.update().values(state="dead", last_error="a library"))
    stopped = client.get(address)
    assert "La stampa si è fermata" in text(stopped)
    assert client.post(f"{address}/resume").status_code == 303
    print_batches(console)

    assert "1 avviso è pronto" in text(client.get(address))
    assert client.post(f"{address}/resume").status_code == 303


def test_print_without_the_libraries_is_refused_with_the_reason(
    console: Console, monkeypatch: pytest.MonkeyPatch
):
    """No batch is begun."""
    monkeypatch.setattr(chosen, "is_installed", lambda: False)
    answer = console.client("clerk").post(DO, data={"nav": [SINGLE], "act": "print"})

    assert answer.status_code == 501
    assert "Su questo server la stampa non è installata" in text(answer)
    with console.store.reading() as connection:
        assert list(connection.execute(select(tables.document_batch))) == []


@pytest.mark.parametrize("act", ["export", "print", "withdraw"])
def test_button_without_ticked_notices_says_so(console: Console, act: str):
    """A click after which nothing is seen is the worst answer."""
    client = console.client("writer")
    answer = client.post(DO, data={"act": act, "back": f"{BACK}&done=notices-withdrawn"})

    assert answer.location == f"{BACK}&done=none-ticked"
    page = client.get(answer.location)
    assert "Nessun avviso è spuntato: spunta prima le righe." in text(page)
    assert '<p class="note care done"' in page.text
