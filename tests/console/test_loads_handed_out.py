"""Who sees a load, and what leaves the console with it: rows to mend, workbooks, persons."""

import io

import openpyxl
import pytest
from flask.testing import FlaskClient

from tests.console.harness import ORGANIZATION, OTHER, Console
from tests.console.loads import (
    BAD,
    DUE,
    GOOD,
    LOADS,
    send,
    tried,
)
from tests.usecases.loads.files import as_csv, as_workbook, line
from tests.usecases.loads.harness import rows_of


def test_load_of_another_organization_is_not_there(console: Console, client: FlaskClient):
    """Every page and every form answers as for one that never existed."""
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
def test_operator_who_may_not_load_sees_no_form(console: Console, client: FlaskClient, name: str):
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
    """The rows to mend have the form in which they came."""
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


def test_address_of_a_page_names_the_organization_of_its_load(client: FlaskClient):
    """An organization that is not the viewer's is not there."""
    assert client.get(f"/console/{ORGANIZATION}/loads").status_code == 200
    assert client.get("/console/99999999999/loads").status_code == 404
