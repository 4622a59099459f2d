"""The pages of loads: rights, files of the wrong kind, forms that are forged, what they say."""

import io
import re
import zipfile
from datetime import timedelta

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from gpd_soap.console.loads import labels
from gpd_soap.console.words import LANGUAGES
from gpd_soap.store import tables
from gpd_soap.usecases.loads.refusals import Why
from tests.console.bed import ORGANIZATION, OTHER, Console
from tests.console.loads import LOADS, bytes_of, print_batches, reading_in, send, tried, work
from tests.usecases.loads.bed import rows_of
from tests.usecases.loads.files import CODE, HEADER, as_csv, as_workbook, line

DUE = {"scadenza": "30/04/2027"}
BAD = [
    line(3, **{**DUE, "codice_fiscale": "0123456789"}),
    line(4, scadenza="31/01/2026"),
    line(5, **{**DUE, "importo": "1.284"}),
]
GOOD = [line(1, **DUE), line(2, **DUE)]


@pytest.fixture
def client(console: Console) -> FlaskClient:
    """A browser of an operator who may load files."""
    return console.client("writer")


def text_of(page: str) -> str:
    """Return the words of a page, without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).replace("\u00a0", " ").split())


def test_trial_says_what_is_wrong_and_proposes(console: Console, client: FlaskClient):
    """By rule, with what stands there and what is expected of that very row."""
    address = tried(console, client, as_csv([*GOOD, *BAD]))

    page = text_of(client.get(address).text)

    assert "È una prova: niente è stato scritto" in page
    assert "2 righe sono pronte. 3 no" in page
    assert "CSV con punto e virgola" in page
    assert "lettere Windows-1252" in page
    assert "importi in euro con la virgola" in page
    assert "0123456789 11 cifre: ne manca 1, forse lo zero davanti" in page
    assert "31/01/2026 forse 31/01/2027" in page
    assert "1.284 1284,00 oppure 1,28?" in page
    assert "Totale del file 514,00 €" in page
    assert "non si capisce e non è nel totale" in page
    with console.store.reading() as connection:
        audit = connection.execute(select(tables.audit.c.method, tables.audit.c.resource)).all()
    assert ("POST", address.rpartition("/")[2]) in audit


def test_every_rule_says_in_the_office_s_words_what_it_expects(
    console: Console, client: FlaskClient
):
    """Rows that differ, cells of every kind: nothing is said in another language."""
    rows = [
        line(1, **DUE, codice_fiscale="RSSMRA71C52X99"),
        line(1, **DUE, nominativo="Altro Nome", codice_fiscale=""),
        line(2, scadenza="31/02/2027"),
        line(3, **DUE, causale="x" * 141),
        line(4, scadenza="", importo="abc"),
        line(5, **DUE, importo="0"),
    ]

    page = client.get(tried(console, client, as_csv(rows))).text

    refused = page.partition("Perché sono rifiutate")[2].partition("</main>")[0]
    assert 'lang="en"' not in refused
    said = text_of(refused)
    assert "una cella vuota, o quello che dice la prima riga della posizione" in said
    assert "al massimo 140 caratteri" in said


def test_rules_of_one_title_are_told_apart_by_their_field(console: Console, client: FlaskClient):
    """Two things that are missing are two groups, each with its name."""
    rows = [*GOOD, line(3, scadenza=""), line(4, **DUE, nominativo="")]

    said = text_of(client.get(tried(console, client, as_csv(rows))).text)

    assert "1 Manca un valore: scadenza" in said
    assert "1 Manca un valore: nominativo" in said


def test_positions_of_several_rows_are_no_rows(console: Console, client: FlaskClient):
    """Three installments are one position: what is counted has its right name."""
    header = [*HEADER, "piano", "rata"]
    plan = [[*line(1, **DUE), "A", "sì"] for _ in range(3)]
    wrong = [*line(2, scadenza="31/01/2026"), "", "no"]
    address = tried(console, client, as_csv([*plan, wrong], header), "rate.csv")

    page = text_of(client.get(address).text)

    assert "4 righe" in page
    assert "1 posizione è pronta. 1 no" in page
    assert "Scarica le righe da correggere" in page
    assert "Carica la posizione pronta" in page
    home = text_of(client.get(f"/console/{ORGANIZATION}/").text)
    assert "Posizione da correggere in rate.csv" in home
    assert "1 posizione rifiutata su 2" in home


def test_rows_with_a_warning_are_named(console: Console, client: FlaskClient):
    """They are loaded all the same, so that somebody may look at them."""
    odd = line(6, **{**DUE, "codice_fiscale": "RSSMRA80A01H501X"})
    address = tried(console, client, as_csv([*GOOD, odd, BAD[1]]))

    page = text_of(client.get(address).text)

    assert "1 Il codice fiscale ha un carattere di controllo insolito. Si carica lo stesso." in page
    assert "Quale riga" in page
    warned = page.partition("Avvertimenti")[2]
    assert "4 codice_fiscale" in warned
    assert "3 righe sono pronte. 1 no" in page


def test_first_page_has_the_last_loads(console: Console, client: FlaskClient):
    """Who sent each, how it went, and how many rows were refused."""
    home = f"/console/{ORGANIZATION}/"
    assert "Non è stato caricato ancora nessun file." in text_of(client.get(home).text)
    address = tried(console, client, as_csv([*GOOD, *BAD]), "mensa.csv")
    console.later(minutes=1)
    for name in ("multe.csv", "tari.csv", "cosap.csv"):
        tried(console, client, as_csv(GOOD), name)
        console.later(minutes=1)

    answer = client.get(home)
    latest = text_of(answer.text.partition("Ultimi carichi")[2].partition("</section>")[0])
    assert "Tutti" in latest
    assert [latest.index(name) for name in ("cosap.csv", "tari.csv", "multe.csv")] == sorted(
        latest.index(name) for name in ("cosap.csv", "tari.csv", "multe.csv")
    )
    assert "mensa.csv" not in latest
    assert "Writer Inventata" in latest
    assert "2 righe, nessuna rifiutata" in latest
    client.post(f"{address}/cancel")
    last = text_of(client.get(home).text)
    assert "3 righe rifiutate su 5" not in last
    tried(console, client, as_csv([*GOOD, *BAD]), "rette.csv")
    assert "3 righe rifiutate su 5" in text_of(client.get(home).text)


def test_good_rows_are_loaded_and_the_others_come_back(console: Console, client: FlaskClient):
    """The file to mend has the columns of the first one, and is loaded by itself."""
    address = tried(console, client, as_csv([*GOOD, *BAD]))
    reading = reading_in(client.get(address).text)
    assert client.post(f"{address}/load", data={"reading": reading}).status_code == 303
    assert "Carico in corso" in client.get(address).text
    work(console)
    assert "2 posizioni create." in text_of(client.get(address).text)

    answer = client.get(f"{address}/rows")

    assert answer.content_type == "text/csv; charset=windows-1252"
    assert "filename*=UTF-8''da%20correggere%20tari.csv" in answer.headers["Content-Disposition"]
    header, *rows = rows_of(answer.data)
    assert header == [*HEADER, "perché", "ci si aspetta"]
    assert rows[0][-2:] == [
        "codice fiscale: Il codice fiscale non ha la lunghezza giusta",
        "11 cifre: ne manca 1, forse lo zero davanti che il foglio toglie",
    ]
    for row in rows:
        row[1], row[3], row[5] = CODE, "10,00", "30/04/2027"
    console.later(minutes=1)
    mended = tried(console, client, as_csv(rows, header), "mended.csv")
    assert "Tutte le 3 righe sono pronte." in text_of(client.get(mended).text)
    notices = client.get(f"{address}/notices").text
    assert "TARI-000001" in notices


def test_what_the_file_does_not_say_is_asked(console: Console, client: FlaskClient):
    """Nothing is tried before; a wrong answer loses nothing that was typed."""
    rows = [row[:6] for row in (line(1, **{**DUE, "importo": "1250"}),)]
    address = send(client, as_csv(rows, HEADER[:6])).location
    assert work(console) == 0
    page = client.get(address).text
    assert "importi: euro o centesimi?" in page
    assert "manca: tassonomia" in page

    answer = client.post(f"{address}/answer", data={"amounts": "", "category": "9/0101002IM/"})

    assert answer.status_code == 422
    assert 'value="9/0101002IM/"' in answer.text
    assert '<a href="#f-amounts">' in answer.text
    assert '<a href="#f-iban">' in answer.text
    given = {"amounts": "euro", "category": "9/0101002IM/", "iban": line(1)[7]}
    assert client.post(f"{address}/answer", data=given).status_code == 303
    work(console)
    assert "Totale del file 1.250,00 €" in text_of(client.get(address).text)


def test_reading_that_changed_meanwhile_is_a_conflict(console: Console, client: FlaskClient):
    """Only what was tried is loaded, and only once."""
    address = tried(console, client, as_csv(GOOD))
    reading = reading_in(client.get(address).text)

    assert client.post(f"{address}/load", data={"reading": "x"}).status_code == 409
    assert client.post(f"{address}/load").status_code == 409
    assert client.post(f"{address}/load", data={"reading": reading}).status_code == 303
    assert client.post(f"{address}/load", data={"reading": reading}).status_code == 409


def test_load_is_taken_back_and_says_what_stays(console: Console, client: FlaskClient):
    """The way must be chosen."""
    address = tried(console, client, as_csv(GOOD))
    client.post(f"{address}/load", data={"reading": reading_in(client.get(address).text)})
    work(console)
    assert client.post(f"{address}/undo", data={"way": "burn"}).status_code == 422
    with console.store.begin() as connection:
        changed = tables.position.update().where(tables.position.c.iupd == "TARI-000001")
        connection.execute(changed.values(version=2))

    client.post(f"{address}/undo", data={"way": "delete"})
    work(console)

    page = text_of(client.get(address).text)
    assert "1 posizione cancellata. Qualcuna resta: 1 qualcuno le ha cambiate dopo" in page


def test_trial_is_thrown_away(console: Console, client: FlaskClient):
    """The page says it, and the file is gone."""
    address = tried(console, client, as_csv([*GOOD, *BAD]))

    answer = client.post(f"{address}/cancel", follow_redirects=True)

    assert "Buttato. Niente è stato scritto" in answer.text
    assert client.get(f"{address}/rows").status_code == 410
    assert client.post(f"{address}/cancel").status_code == 409


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.pdf", b"%PDF-1.7", Why.PDF),
        ("a.csv", b"\xd0\xcf\x11\xe0" + b"\0" * 600, Why.OLD_EXCEL),
        ("a.xlsx", b"PK\x03\x04garbage", Why.BROKEN),
        ("a.csv", b"", Why.EMPTY),
        ("a.csv", b"x" * 10_000_000, Why.NO_HEADER),
        ("a.json", b'{"positions": []}', Why.JSON),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_file_of_another_kind_is_refused_in_words(
    client: FlaskClient, name: str, content: bytes, why: Why
):
    """Whatever its name; nothing is stored."""
    answer = send(client, io.BytesIO(content), name)

    assert answer.status_code == 422
    assert labels.REFUSED[why] in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "Non è stato caricato ancora nessun file." in answer.text


def test_file_beyond_the_limit_is_refused_in_words(console: Console, client: FlaskClient):
    """The setting GPD_MAX_LOAD bounds it; other forms keep their own, smaller bound."""
    large = b"posizione;importo\r\n" + b"x" * (console.parts.settings.max_load + (1 << 17))

    answer = send(client, io.BytesIO(large))

    assert answer.status_code == 413
    assert labels.REFUSED[Why.TOO_LARGE] in answer.text
    long = {"reading": "x" * 10_000_000}
    assert client.post(f"{LOADS}/load_1/load", data=long).status_code == 413


def test_form_without_a_file_says_so(client: FlaskClient):
    """Also one whose file is a text field."""
    for data in ({}, {"file": "text"}, {"file": (io.BytesIO(b""), "")}):
        answer = client.post(LOADS, data=data, content_type="multipart/form-data")
        assert answer.status_code == 422
        assert "Scegli un file." in answer.text


def test_second_load_waits_for_the_first(client: FlaskClient):
    """One at a time for each organization."""
    send(client, as_csv(GOOD))

    answer = send(client, as_csv(GOOD))

    assert answer.status_code == 409
    assert "Un altro carico è in corso" in answer.text


def test_load_of_another_organization_is_not_there(console: Console, client: FlaskClient):
    """As one that never was, for every page and every form."""
    address = tried(console, client, as_csv(BAD))
    load = address.rpartition("/")[2]
    stranger, elsewhere = console.client("stranger"), f"/console/{OTHER}/loads/{load}"

    for page in ("", "/progress", "/rows", "/notices"):
        for path in (address, elsewhere, f"{LOADS}/load_0"):
            browser = client if path == f"{LOADS}/load_0" else stranger
            assert browser.get(path + page).status_code == 404
    for form in ("answer", "load", "cancel", "resume", "undo"):
        data = {"way": "delete", "amounts": "euro"}
        assert stranger.post(f"{address}/{form}", data=data).status_code == 404
        assert stranger.post(f"{elsewhere}/{form}", data=data).status_code == 404


@pytest.mark.parametrize("name", ["reader", "clerk"])
def test_who_may_not_load_sees_no_form(console: Console, client: FlaskClient, name: str):
    """A reader sees that a file was loaded; a clerk sees who is in it, too."""
    address = tried(console, client, as_csv(BAD))
    reader = console.client(name)

    page, listed = reader.get(address), reader.get(LOADS)

    assert (page.status_code, listed.status_code) == (200, 200)
    assert "<form" not in page.text.partition("<main")[2]
    assert 'type="file"' not in listed.text
    assert ("0123456789" in page.text) is (name == "clerk")
    assert send(reader, as_csv(GOOD)).status_code == 403
    assert reader.get(f"{address}/rows").status_code == 403
    for form in ("answer", "load", "cancel", "resume", "undo"):
        assert reader.post(f"{address}/{form}").status_code == 403


def test_many_persons_are_handed_out_after_a_factor(console: Console, client: FlaskClient):
    """More than a hundred rows are an export."""
    few = tried(console, client, as_csv(BAD))
    many = tried(console, client, as_csv([line(n, scadenza="31/01/2026") for n in range(1, 103)]))
    late = console.client("writer", recent=False)

    assert late.get(f"{few}/rows").status_code == 200
    answer = late.get(f"{many}/rows")
    assert (answer.status_code, "step-up" in answer.location) == (303, True)
    assert client.get(f"{many}/rows").status_code == 200


def test_workbook_comes_back_as_a_workbook(console: Console, client: FlaskClient):
    """In the form in which it came."""
    address = tried(console, client, as_workbook(BAD), "tari.xlsx")

    answer = client.get(f"{address}/rows")

    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert [row[0] for row in book.active.values][1:] == [row[0] for row in BAD]
    assert answer.headers["Content-Disposition"].endswith("tari.xlsx")


def test_formula_in_a_cell_is_text_in_the_file_to_mend(console: Console, client: FlaskClient):
    """An apostrophe stands before it, and goes away when the file is loaded again."""
    bad = line(9, **{**DUE, "importo": "1.284", "nominativo": "=cmd|' /C calc'!A0"})
    address = tried(console, client, as_csv([*GOOD, bad]))

    [_header, row] = rows_of(client.get(f"{address}/rows").data)

    assert row[2] == "'=cmd|' /C calc'!A0"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_shown_in_every_language(console: Console, language: str):
    """No page fails for want of a word."""
    client = console.client("writer", language=language)
    states = {}
    for name, file in {
        "trialled": as_csv([*GOOD, *BAD]),
        "received": as_csv([line(1, **{**DUE, "importo": "12"})]),
        "loaded": as_csv([line(77, **DUE)]),
    }.items():
        states[name] = tried(console, client, file)
        console.later(seconds=1)
    reading = reading_in(client.get(states["loaded"]).text)
    client.post(f"{states['loaded']}/load", data={"reading": reading})
    work(console)
    console.now += timedelta(seconds=1)

    for address in (LOADS, *states.values()):
        assert client.get(address).status_code == 200
    assert client.get(f"{LOADS}?after=nonsense").status_code == 200


def test_names_of_files_are_cleaned_and_escaped(console: Console, client: FlaskClient):
    """A name is text, and has no folder."""
    address = tried(console, client, as_csv(GOOD), "C:/roll/<b>x\u202e.csv")

    page = client.get(address).text

    assert "&lt;b&gt;x.csv" in page
    assert "<b>x" not in page


def test_list_goes_on_after_twenty(console: Console, client: FlaskClient):
    """By a place and not by a number of a page."""
    for number in range(22):
        address = tried(console, client, bytes_of([";".join(HEADER), "a"]), f"n{number}.csv")
        client.post(f"{address}/cancel")
        console.later(seconds=1)

    first = client.get(LOADS).text
    following = re.search(r'href="([^"]*after=[^"]*)"', first)

    assert following is not None
    assert "n2.csv" in first
    second = client.get(following[1].replace("&amp;", "&")).text
    assert "n1.csv" in second
    assert "n2.csv" not in second


def test_address_of_a_page_names_the_organization_of_its_load(client: FlaskClient):
    """An organization that is not the viewer's is not there."""
    assert client.get(f"/console/{ORGANIZATION}/loads").status_code == 200
    assert client.get("/console/99999999999/loads").status_code == 404


def test_notices_of_a_load_are_printed_and_taken_away(console: Console, client: FlaskClient):
    """As a batch, whose job another process may do."""
    console.later(minutes=1)
    address = tried(console, client, as_csv(GOOD))
    client.post(f"{address}/load", data={"reading": reading_in(client.get(address).text)})
    work(console)
    assert client.get(f"{address}/notices.zip").status_code == 404

    assert client.post(f"{address}/print").status_code == 303
    assert client.post(f"{address}/print").status_code == 303

    assert "0 avvisi pronti su 2" in text_of(client.get(address).text)
    print_batches(console)
    assert "2 avvisi sono pronti." in text_of(client.get(address).text)
    with zipfile.ZipFile(io.BytesIO(client.get(f"{address}/notices.zip").data)) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".pdf")]) == 2
    assert console.client("reader").get(f"{address}/notices.zip").status_code == 403
    assert console.client("stranger").post(f"{address}/print").status_code == 404
