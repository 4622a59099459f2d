"""The pages of cases, receipts, the journal and the station: rights, forms, and what is hidden."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from gpd_soap.store import tables
from gpd_soap.store.database.transaction import read_only
from gpd_soap.store.receipts import worklist
from gpd_soap.store.receipts.worklist import Case
from gpd_soap.store.store import Store
from gpd_soap.usecases.worklist import key_of
from tests.conftest import LendDatabase
from tests.console import words, working
from tests.console.bed import ORGANIZATION, OTHER, Console
from tests.console.test_work_pages import prepare
from tests.usecases.people.people import NOW

ORG = f"/console/{ORGANIZATION}"
DOUBLE = f"{ORG}/worklist/{working.DOUBLE}"
UNMATCHED = f"{ORG}/worklist/{working.UNMATCHED}"
RECEIPT, ENTRY = f"{ORG}/receipts/{working.DOUBLE}", f"{ORG}/journal/{working.ENTRY}"
NAME, CODE = "Aldo Inventato", "NRELDA52P18X999U"


@pytest.fixture(scope="module")
def made() -> dict[int, Console]:
    """Consoles by the store that they are over."""
    return {}


@pytest.fixture
def busy(shared_database: LendDatabase, made: dict[int, Console]) -> Console:
    """A console with work to do; its rows are put back after each test."""
    store = shared_database("sqlite", prepare).store
    console = made.setdefault(id(store), Console(store))
    console.now = NOW
    console.app.extensions["gpd-soap-lamps"].forget(ORGANIZATION)
    return console


def text(client: FlaskClient, path: str, status: int = 200) -> str:
    """Returns what a page says; fails if it has another status."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return plain(answer.text)


def plain(page: str) -> str:
    """Returns a page without its tags."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", page)).split())


def stored(store: Store, reference: str) -> Case:
    """Returns a case as it is stored."""
    case = read_only(store, lambda c: worklist.read(c, ORGANIZATION, key_of(reference)))
    assert case is not None
    return case


def test_first_page_says_what_waits_with_its_money_and_age(busy: Console):
    """The oldest case of a kind is said, and the station's thing to watch."""
    page = text(busy.client("reader"), f"{ORG}/")

    assert "Oggi, venerdì 27 novembre" in page
    assert "2 Pagati due volte 200,00\u00a0€ da rimborsare, o da tenere a ragione" in (
        page.replace(" € ", "\u00a0€ ")
    )
    assert "il più vecchio da 6 giorni" in page
    assert "«Non lo conosciamo»: 41 volte oggi" in page
    assert "Per cominciare" not in page


def test_fresh_installation_has_three_steps(console: Console):
    """What is done already is said."""
    page = text(console.client("reader"), f"{ORG}/")

    assert "Per cominciare" in page
    assert "La stazione aspetta la prima domanda" in text(
        console.client("reader"), f"{ORG}/station"
    )
    assert text(console.client("stranger"), f"/console/{OTHER}/").count("da fare") == 3


def test_empty_worklist_says_so(console: Console):
    """And when the last case was resolved, once one was."""
    page = text(console.client("reader"), f"{ORG}/worklist")
    assert "Da trattare: niente" in page
    assert "Non aspetta niente." in page


def test_empty_worklist_names_the_last_one(busy: Console):
    """What is resolved is a filter, and nothing disappears."""
    client = busy.client("writer")
    for kind in ("double", "unmatched", "review", "conflicting", "quarantine"):
        listed = client.get(f"{ORG}/worklist?kind={kind}").text
        chosen = re.findall(r'name="case" value="([^"]+)"', listed)
        sent = {"case": chosen, "outcome": "right", "note": "visti"}
        assert client.post(f"{ORG}/worklist/-/many?kind={kind}", data=sent).status_code == 303

    page = text(client, f"{ORG}/worklist")
    assert "L’ultimo caso è stato risolto il 27/11/2026 10:00." in page
    assert text(client, f"{ORG}/worklist?resolved=1").count("trattenuto, era giusto così") == 6


def test_case_is_hidden_from_another_organization(busy: Console):
    """Its case, its receipt and its entry are 404, forms included, as what does not exist."""
    stranger, theirs = busy.client("stranger"), f"/console/{OTHER}"
    admin = busy.client("admin")
    for path in (DOUBLE, f"{ORG}/receipts/{working.DOUBLE}", f"{ORG}/journal/{working.ENTRY}"):
        assert stranger.get(path).status_code == 404
        moved = path.replace(ORG, theirs)
        assert admin.get(moved).status_code == 404
    for name in ("claim", "release", "decide", "match"):
        data = {"outcome": "to-refund", "nav": working.SINGLE}
        assert stranger.post(f"{DOUBLE}/{name}", data=data).status_code == 404
        if name != "release":
            moved = f"{DOUBLE}/{name}".replace(ORG, theirs)
            assert admin.post(moved, data=data).status_code == 404
    assert stored(busy.store, working.DOUBLE).resolved_at is None


@pytest.mark.parametrize("case", ["nothing", "q." + "0" * 64, "..%2f..", "~", "x" * 5000])
def test_forged_case_is_not_there(busy: Console, case: str):
    """Whatever its id is."""
    client = busy.client("writer")
    assert client.get(f"{ORG}/worklist/{case}").status_code == 404
    assert client.get(f"{ORG}/receipts/{case}").status_code == 404
    assert client.get(f"{ORG}/journal/{case}").status_code == 404
    assert client.post(f"{ORG}/worklist/{case}/claim").status_code == 404


def test_nul_in_an_address_is_refused(busy: Console):
    """PostgreSQL stores it in no text."""
    assert busy.client("writer").get(f"{ORG}/worklist/%00").status_code == 400


def test_reader_without_persons_sees_no_name_and_no_code(busy: Console):
    """On no page, and neither in messages nor in the file of refunds."""
    reader, clerk = busy.client("reader"), busy.client("clerk")
    names = (NAME, CODE, "Maria Esempio", "RSSMRA00A01A000K", "RSSMRA00A01A000A")
    review = f"{ORG}/worklist/{working.REVIEW}"
    for path in (
        f"{ORG}/",
        f"{ORG}/worklist",
        DOUBLE,
        UNMATCHED,
        f"{ORG}/receipts",
        RECEIPT,
        review,
    ):
        page = reader.get(path).text
        assert [name for name in names if name in page] == []
    for path in (
        f"{ORG}/worklist/-/refunds.csv",
        f"{DOUBLE}/message.xml",
        f"{RECEIPT}/receipt.xml",
        f"{RECEIPT}/receipt.pdf",
    ):
        assert reader.get(path).status_code == 403
        assert clerk.get(path).status_code in (200, 409)
    assert NAME in clerk.get(DOUBLE).text


def test_reading_of_a_case_is_in_the_audit(busy: Console):
    """With the notice and the receipt that it is about."""
    busy.client("clerk").get(DOUBLE)
    busy.store.access_trail.flush()
    audit = tables.audit.c
    with busy.store.reading() as connection:
        rows = connection.execute(
            select(audit.nav, audit.receipt_id).where(
                audit.path.like("%worklist%"), audit.actor == "clerk"
            )
        ).all()

    assert rows == [(working.PAID, working.DOUBLE)]


def test_who_may_not_decide_has_no_form_and_no_way_round_it(busy: Console):
    """A reader, and a clerk who sees persons."""
    for role in ("reader", "clerk"):
        client = busy.client(role)
        assert "Come si risolve" not in text(client, DOUBLE)
        for name in ("claim", "release", "decide", "match"):
            assert client.post(f"{DOUBLE}/{name}").status_code == 403
        for name in ("take", "many"):
            assert client.post(f"{ORG}/worklist/-/{name}").status_code == 403


def test_two_people_at_one_case(busy: Console):
    """The second learns who has it and until when, and how it ended."""
    anna, luca = busy.client("writer"), busy.client("admin")
    assert anna.post(f"{DOUBLE}/claim").status_code == 303
    refused = luca.post(f"{DOUBLE}/claim")
    assert refused.status_code == 409
    assert "Se ne occupa Writer Inventata dalle 10:00" in plain(refused.text)
    decided = luca.post(f"{DOUBLE}/decide", data={"outcome": "to-refund"})
    assert decided.status_code == 409
    assert stored(busy.store, working.DOUBLE).resolved_at is None

    sent = {"outcome": "right", "note": "Spettava"}
    assert anna.post(f"{DOUBLE}/decide", data=sent).status_code == 303
    late = luca.post(f"{DOUBLE}/decide", data={"outcome": "to-refund"})
    assert late.status_code == 409
    assert "nel frattempo è stato risolto" in plain(late.text)
    assert "Risolto: trattenuto" in plain(late.text)
    assert stored(busy.store, working.DOUBLE).resolved_by == "Writer Inventata"


def test_decision_that_is_wrong_comes_back_as_it_was_typed(busy: Console):
    """Each error is at its field, and nothing is written."""
    client = busy.client("writer")
    for sent, expected in (
        ({"outcome": "refunded", "mandate": "12"}, "Serve il giorno del rimborso"),
        (
            {"outcome": "refunded", "refundedOn": "2026-11-28", "mandate": "7"},
            "non può essere dopo oggi",
        ),
        ({"outcome": "credited", "notice": "1"}, "Qui non c’è un avviso con questo numero"),
        ({"outcome": "duplicate", "other": "e09b7f3a"}, "Qui non c’è un altro caso"),
        ({"outcome": "nonsense"}, "Scegli come si risolve"),
        ({"outcome": "right", "note": "è mio\x01"}, "carattere che non si può scrivere"),
        ({"outcome": "right", "note": "x" * 1999}, "La nota ha al massimo 400 caratteri"),
    ):  # fmt: skip
        answer = client.post(f"{DOUBLE}/decide", data=sent)
        assert answer.status_code == 422
        assert expected in plain(answer.text)
        for value in sent.values():
            assert value in unescape(answer.text) or value == "nonsense"
    huge = client.post(f"{DOUBLE}/decide", data={"outcome": "right", "note": "x" * 10_000_000})
    assert huge.status_code == 413
    assert stored(busy.store, working.DOUBLE).resolved_at is None


def test_refund_goes_to_the_list_and_ends_with_its_mandate(busy: Console):
    """Several are marked with one mandate."""
    client = busy.client("writer")
    cases = [working.DOUBLE, working.SECOND_DOUBLE]
    sent = {"case": cases, "outcome": "to-refund"}
    assert client.post(f"{ORG}/worklist/-/many?kind=double", data=sent).status_code == 303
    file = client.get(f"{ORG}/worklist/-/refunds.csv")
    assert file.headers["Content-Disposition"].startswith("attachment")
    lines = file.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert f'"=""{working.PAID}"""' in lines[1]
    assert NAME in lines[1]

    page = text(client, f"{ORG}/worklist?resolved=1&outcome=to-refund")
    assert "Decisi e ancora da rimborsare" in page.replace(",", "")
    sent = {"case": cases, "outcome": "refunded", "refundedOn": "2026-11-26", "mandate": "2026/9"}
    answer = client.post(f"{ORG}/worklist/-/many?resolved=1&outcome=to-refund", data=sent)
    assert answer.status_code == 303
    assert stored(busy.store, working.DOUBLE).mandate == "2026/9"
    assert "Mandato 2026/9 del 26/11/2026." in text(client, DOUBLE)
    assert client.get(f"{ORG}/worklist/-/refunds.csv").data.count(b"\r\n") == 1


def test_long_list_of_refunds_asks_for_a_factor(busy: Console, monkeypatch: pytest.MonkeyPatch):
    """It names more persons than one may take away unproved."""
    monkeypatch.setattr("gpd_soap.console.pages.worklist.MOST_UNPROVED", 1)
    busy.client("writer").post(
        f"{ORG}/worklist/-/many?kind=double",
        data={"case": [working.DOUBLE, working.SECOND_DOUBLE], "outcome": "to-refund"},
    )
    answer = busy.client("writer").get(f"{ORG}/worklist/-/refunds.csv")
    assert answer.headers["Location"].endswith("/-/all-refunds.csv")
    assert busy.client("writer").get(answer.headers["Location"]).status_code == 200
    old = busy.client("writer", recent=False).get(answer.headers["Location"])
    assert "step-up" in old.headers["Location"]


def test_receipt_is_matched_to_its_likeliest_notice(busy: Console):
    """The number with a digit off is proposed first; another organization's is unknown."""
    client = busy.client("writer")
    page = text(client, UNMATCHED)
    assert "una cifra diversa, stesso importo" in page
    wrong = client.post(f"{UNMATCHED}/match", data={"nav": "3" * 18})
    assert wrong.status_code == 409
    assert "Qui non c’è un avviso con questo numero." in plain(wrong.text)
    again = client.post(f"{UNMATCHED}/match")
    assert "continua ad aspettarlo" in plain(again.text)
    paid = client.post(f"{UNMATCHED}/match", data={"nav": working.PAID})
    assert "non si può più pagare" in plain(paid.text)

    sent = {"nav": f" {working.SINGLE[:4]} {working.SINGLE[4:]} "}
    assert client.post(f"{UNMATCHED}/match", data=sent).status_code == 303
    assert stored(busy.store, working.UNMATCHED).resolved_as == "credited"


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


def test_entry_says_the_rule_in_words_and_how_to_ask_again(busy: Console):
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
    """Within ten seconds, on every page."""
    client = busy.client("reader")
    assert "Stazione: 1 cosa da guardare" in text(client, f"{ORG}/journal")
    failing = lambda: [("database", False, "no answer")]  # noqa: E731
    lamps = busy.app.extensions["gpd-soap-lamps"]
    lamps._parts = busy.parts._replace(ready=failing)
    try:
        assert "Stazione: 1 cosa" in text(client, f"{ORG}/journal")
        busy.later(seconds=11)
        assert "Stazione: 2 cose da guardare" in text(client, f"{ORG}/journal")
        assert "database: no answer" in text(client, f"{ORG}/station")
    finally:
        lamps._parts = busy.parts


def test_overview_has_a_row_for_each_organization_of_the_viewer(busy: Console):
    """And no other; what waits, today's money, the Node's last call."""
    page = text(busy.client("writer"), "/console/overview")
    assert "Comune di Esempio 77777777777 6 casi" in page
    assert "Provincia di Esempio" in page
    assert "Comune di Esempio" not in text(busy.client("stranger"), "/console/overview")


@pytest.mark.parametrize("language", ["it", "en", "de", "sl"])
def test_pages_hold_in_every_language(busy: Console, language: str):
    """With Slovene's four plurals."""
    client = busy.client("admin", language=language)
    lists = (f"{ORG}/{name}" for name in ("", "worklist", "receipts", "journal", "station"))
    for path in (*lists, DOUBLE, RECEIPT, ENTRY, "/console/overview"):
        assert client.get(path).status_code == 200


def test_text_has_either_one_form_or_a_plural():
    """One text in both uses would be shown with a value that it does not have."""
    every = {text for own in words.texts().values() for text in own}
    plurals = {text.singular for text in every if text.plural}

    assert plurals & {text.singular for text in every if not text.plural} == set()
