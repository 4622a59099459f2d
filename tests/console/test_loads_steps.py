"""A load step by step: questions, loading, taking back, throwing away, printing."""

import io
import zipfile

from flask.testing import FlaskClient

from gpd_soap.store import tables
from tests.console.harness import Console
from tests.console.loads import (
    BAD,
    DUE,
    GOOD,
    print_batches,
    reading_in,
    send,
    text_of,
    tried,
    work,
)
from tests.usecases.loads.files import CODE, HEADER, as_csv, line
from tests.usecases.loads.harness import rows_of


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


def test_fact_that_the_file_lacks_is_asked_for(console: Console, client: FlaskClient):
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


def test_second_load_waits_for_the_first(client: FlaskClient):
    """Each organization has one at a time."""
    send(client, as_csv(GOOD))

    answer = send(client, as_csv(GOOD))

    assert answer.status_code == 409
    assert "Un altro carico è in corso" in answer.text


def test_notices_of_a_load_are_printed_and_taken_away(console: Console, client: FlaskClient):
    """They are a batch, whose job another process may do."""
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
