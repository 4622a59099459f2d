"""The pages of receipts, the journal and the station: filters, entries, and the self-test."""

import re
from html import unescape

from sqlalchemy import select

from gpd_soap.store import tables
from tests.console import working
from tests.console.harness import OTHER, Console
from tests.console.worked import CODE, ORG, plain, text


def test_receipts_are_filtered_and_followed(busy: Console):
    """A day that is none is said at its field; a cursor that is none begins the list."""
    client = busy.client("reader")
    assert text(client, f"{ORG}/receipts").count("commissione") == 6
    assert text(client, f"{ORG}/receipts?status=unmatched").count("commissione") == 1
    assert text(client, f"{ORG}/receipts?psp=NONE").count("commissione") == 0
    assert text(client, f"{ORG}/receipts?first=2026-11-26&after=zzz").count("commissione") == 4
    assert "Il giorno non si capisce" in text(client, f"{ORG}/receipts?first=ieri", 422)
    wrong = f"{ORG}/receipts?first=2026-11-26&last=2026-11-01"
    assert "viene prima del primo" in text(client, wrong, 422)


def test_receipt_has_its_message_and_its_document(busy: Console):
    """The XML as it came, and the PDF."""
    clerk = busy.client("clerk")
    xml = clerk.get(f"{ORG}/receipts/{working.DOUBLE}/receipt.xml")
    assert xml.content_type == "application/xml"
    assert CODE in xml.text
    pdf = clerk.get(f"{ORG}/receipts/{working.DOUBLE}/receipt.pdf")
    assert pdf.data.startswith(b"%PDF-")


def test_journal_is_filtered_and_names_its_retention(busy: Console):
    """The next page begins where the first ends."""
    client = busy.client("reader")
    first = client.get(f"{ORG}/journal")
    assert "Ogni scambio si tiene 24 mesi." in plain(first.text)
    following = re.search(r'href="([^"]*after=[^"]*)"', first.text)
    assert following is not None
    second = client.get(unescape(following[1])).text
    ids = [re.findall(r"/journal/([0-9a-f]{30})", page) for page in (first.text, second)]
    assert len(ids[0]) == len(ids[1]) == 25
    assert not {*ids[0]} & {*ids[1]}
    double = client.get(f"{ORG}/journal?receiptId={working.DOUBLE}").text
    assert double.count("data-row") == 2
    assert client.get(f"{ORG}/journal?iuv={working.PAID[1:]}").text.count("data-row") == 3
    assert client.get(f"{ORG}/journal?station=NONE").text.count("data-row") == 0
    faults = plain(client.get(f"{ORG}/journal?fault=PAA_PAGAMENTO_SCADUTO&outcome=KO").text)
    assert "risposto OK Verifica" not in faults
    assert "Un numero avviso ha 18 cifre" in text(client, f"{ORG}/journal?nav=12", 422)
    none = text(client, f"{ORG}/journal?nav={'9' * 18}")
    assert "Il Nodo non ha chiesto niente" in none


def test_entry_explains_the_rule_and_shows_how_to_repeat_the_question(busy: Console):
    """The command asks what the Node asked; a receipt has none, because it would pay."""
    client = busy.client("reader")
    page = unescape(client.get(f"{ORG}/journal/{working.ENTRY}").text)
    assert "curl -sS" in page
    assert "entro i 2 secondi che il Nodo vuole" in page
    receipts = client.get(f"{ORG}/journal?operation=paSendRTV2").text
    reference = re.search(r"/journal/([0-9a-f]{30})", receipts)
    assert reference is not None
    assert "curl -sS" not in client.get(f"{ORG}/journal/{reference[1]}").text


def test_station_says_who_can_mend_each_thing(busy: Console):
    """The title is the answer."""
    page = text(busy.client("reader"), f"{ORG}/station")

    assert "La stazione risponde; una cosa da guardare" in page
    assert "Chi può rimediare: l’ufficio ." in page
    assert "98,98 % entro 2 secondi" in page.replace("\u00a0", " ")
    assert "codice di segregazione 47" in page


def test_self_test_asks_through_the_real_code_and_leaves_no_entry(busy: Console):
    """Probe, verify and getPayment of a notice of ours; none without one."""

    def entries() -> int:
        busy.store.journal.flush()
        with busy.store.reading() as connection:
            return len(connection.execute(select(tables.journal.c.id)).all())

    before = entries()
    page = plain(busy.client("reader").post(f"{ORG}/station/test").text)
    assert page.count("risposto come si deve") == 3
    assert "Siamo in Stand-In" not in page
    assert busy.store.last_probe() is None
    assert entries() == before
    theirs = plain(busy.client("stranger").post(f"/console/{OTHER}/station/test").text)
    assert "Nessuna stazione serve questo ente" in theirs


def test_lamp_turns_when_something_of_ours_does_not_hold(busy: Console):
    """It turns within ten seconds, on every page."""
    client = busy.client("reader")
    assert "Stazione: 1 cosa da guardare" in text(client, f"{ORG}/journal")
    lamps = busy.app.extensions["gpd-soap-lamps"]
    lamps._parts = busy.parts._replace(ready=lambda: [("database", False, "no answer")])
    try:
        assert "Stazione: 1 cosa" in text(client, f"{ORG}/journal")
        busy.later(seconds=11)
        assert "Stazione: 2 cose da guardare" in text(client, f"{ORG}/journal")
        assert "database: no answer" in text(client, f"{ORG}/station")
    finally:
        lamps._parts = busy.parts
