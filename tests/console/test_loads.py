"""The pages of loads: what they say of a file, its rows and its state, and of a wrong file."""

import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from gpd_soap.console.loads import labels
from gpd_soap.console.words import LANGUAGES
from gpd_soap.store import tables
from gpd_soap.usecases.loads.refusals import Why
from tests.console.harness import ORGANIZATION, Console
from tests.console.loads import (
    BAD,
    DUE,
    GOOD,
    LOADS,
    bytes_of,
    reading_in,
    send,
    text_of,
    tried,
    work,
)
from tests.usecases.loads.files import HEADER, as_csv, line


def test_trial_says_what_is_wrong_and_proposes(console: Console, client: FlaskClient):
    """Rows are grouped by rule, with their value and what is expected of that very row."""
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
    shown = text_of(refused)
    assert "una cella vuota, o quello che dice la prima riga della posizione" in shown
    assert "al massimo 140 caratteri" in shown


def test_rules_of_one_title_are_distinguished_by_their_field(console: Console, client: FlaskClient):
    """Two things that are missing are two groups, each with its name."""
    rows = [*GOOD, line(3, scadenza=""), line(4, **DUE, nominativo="")]

    shown = text_of(client.get(tried(console, client, as_csv(rows))).text)

    assert "1 Manca un valore: scadenza" in shown
    assert "1 Manca un valore: nominativo" in shown


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
    """It says who sent each, how it went, and how many rows were refused."""
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
def test_file_of_another_kind_is_refused_with_an_explanation(
    client: FlaskClient, name: str, content: bytes, why: Why
):
    """Its name does not count, and nothing is stored."""
    answer = send(client, io.BytesIO(content), name)

    assert answer.status_code == 422
    assert labels.REFUSED[why] in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "Non è stato caricato ancora nessun file." in answer.text


def test_file_beyond_the_limit_is_refused_with_an_explanation(
    console: Console, client: FlaskClient
):
    """The setting GPD_MAX_LOAD bounds it; other forms keep their own, smaller bound."""
    large = b"posizione;importo\r\n" + b"x" * (console.parts.settings.max_load + (1 << 17))

    answer = send(client, io.BytesIO(large))

    assert answer.status_code == 413
    assert labels.REFUSED[Why.TOO_LARGE] in answer.text
    long = {"reading": "x" * 10_000_000}
    assert client.post(f"{LOADS}/load_1/load", data=long).status_code == 413


def test_form_without_a_file_says_so(client: FlaskClient):
    """One whose file is a text field says so too."""
    for data in ({}, {"file": "text"}, {"file": (io.BytesIO(b""), "")}):
        answer = client.post(LOADS, data=data, content_type="multipart/form-data")
        assert answer.status_code == 422
        assert "Scegli un file." in answer.text


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
    """The next page begins after a key, not at a number."""
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
