"""What a file is read as: said, asked, or refused, and never assumed in silence."""

import io
import zipfile
from datetime import date
from typing import BinaryIO

import openpyxl
import pytest

from gpd_soap.usecases.loading.check import Candidate
from gpd_soap.usecases.loading.csv_values import Amounts
from gpd_soap.usecases.loads import workbook
from gpd_soap.usecases.loads.cells import defused, undefused
from gpd_soap.usecases.loads.checking import checked
from gpd_soap.usecases.loads.reading import Dates, Kind, Reading, reading_of
from gpd_soap.usecases.loads.refusals import FileNotLoadable, Why
from gpd_soap.usecases.loads.table import open_table, positions
from gpd_soap.usecases.loads.understand import Answers, Creditor, answered, understand
from tests.store.samples import NOW
from tests.usecases.loads.files import HEADER, as_csv, as_workbook, line

OFFICE = Creditor("77777777777", "Comune di Esempio")


def errors_of(file: BinaryIO, reading: Reading | None = None) -> list[tuple[int, list[str]]]:
    """Return line and findings of each refused position."""
    reading = reading or understand(file, OFFICE)
    table = open_table(file, reading.kind, reading.encoding)
    refused = []
    for row in positions(table, reading, OFFICE.code):
        value = checked(row, OFFICE.code, NOW).value
        if not isinstance(value, Candidate):
            refused.append((value.row_number, [f"{e.field} {e.rule}" for e in value.errors]))
    table.close()
    return refused


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_csv_of_excel_is_understood(encoding: str):
    """Its separator, encoding, amounts and dates, and the columns by their Italian names."""
    file = as_csv([line(1), line(2)], encoding=encoding)

    reading = understand(file, OFFICE)

    assert reading.kind is Kind.CSV
    assert reading.encoding == encoding.removesuffix("-sig")
    assert (reading.separator, reading.records) == (";", 2)
    assert (reading.amounts, reading.dates) == (Amounts.EURO, Dates.DAY_FIRST)
    assert reading.fields == (
        *("iupd", "fiscalCode", "fullName", "amount", "description", "dueDate", "category"),
        "iban",
    )
    assert reading.is_clear
    assert reading_of(reading.to_json()) == reading
    assert errors_of(file, reading) == []


def test_amounts_without_decimals_are_a_question():
    """1250 may be cents or euro: nobody can know."""
    file = as_csv([line(1, importo="1250")])

    reading = understand(file, OFFICE)

    assert reading.amounts is None
    assert not reading.is_clear
    for amounts, cents in ((Amounts.CENTS, 1250), (Amounts.EURO, 125000)):
        clear = answered(reading, Answers(amounts))
        table = open_table(file, clear.kind, clear.encoding)
        [row] = positions(table, clear, OFFICE.code)
        assert isinstance(row.body, dict)
        assert row.body["paymentOption"][0]["amount"] == cents


def test_missing_column_is_a_question_and_its_answer_holds_for_all_rows():
    """An office knows its account and taxonomy without a column of them."""
    short = [row[:6] for row in ([*line(1)], [*line(2)])]

    reading = understand(as_csv(short, HEADER[:6]), OFFICE)

    assert reading.missing == ["category", "iban"]
    given = (("category", "9/0101002IM/"), ("iban", "IT60X0542811101000000123456"))
    clear = answered(reading, Answers(constants=given))
    assert clear.is_clear
    assert errors_of(as_csv(short, HEADER[:6]), clear) == []
    assert clear.digest != reading.digest
    assert not answered(clear, Answers(constants=(("iban", ""),))).is_clear


def test_column_that_means_nothing_is_named_by_its_number_alone():
    """A file without a header has persons there."""
    reading = understand(as_csv([line(1, note="x")], (*HEADER, "Niccolò Inventato")), OFFICE)

    assert reading.unread == [9]
    assert "Inventato" not in str(reading.to_json())


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("3,47E+17", "digits"),
        ("=A1", "formula"),
        ("#N/D", "formula"),
        ("96.50.1", "type"),
        ("1.284", "type"),
    ],
)
def test_amount_that_a_spreadsheet_has_spoiled_is_refused(cell: str, rule: str):
    """It says what is expected, and takes no guess."""
    assert errors_of(as_csv([line(1), line(2, importo=cell)])) == [(3, [f"importo {rule}"])]


def test_dates_that_begin_with_the_month_are_refused():
    """One of them shows that the others may be meant so, too."""
    file = as_csv([line(1, scadenza="12/31/2026"), line(2, scadenza="04/05/2026")])

    assert understand(file, OFFICE).dates is Dates.ISO
    assert errors_of(file) == [(2, ["scadenza date"]), (3, ["scadenza date"])]


@pytest.mark.parametrize(
    ("code", "is_right"),
    [
        ("RSSMRA00A01A000", False),
        ("0123456789", False),
        ("123456789", False),
        ("RSSMRA00A01A000K", True),
        ("01234567897", True),
        ("ANONIMO", True),
        ("DE123456789", True),
    ],
)
def test_code_that_lost_its_zero_is_refused(code: str, *, is_right: bool):
    """A foreign code of another form passes, as over the API."""
    refused = errors_of(as_csv([line(1), line(2, codice_fiscale=code)]))

    assert refused == ([] if is_right else [(3, ["codice_fiscale code-length"])])


def test_installments_follow_their_plan():
    """Several rows are one position, and the plan says that they are installments."""
    header = (*HEADER, "piano")
    rows = [line(1, importo="50,00", piano="P1"), line(1, importo="60,50", piano="P1")]
    file = as_csv(rows, header)
    reading = understand(file, OFFICE)

    [row] = positions(open_table(file, reading.kind, reading.encoding), reading, OFFICE.code)

    assert isinstance(row.body, dict)
    options = row.body["paymentOption"]
    assert [each["amount"] for each in options] == [5000, 6050]
    assert all(each["isPartialPayment"] for each in options)


def test_workbook_is_understood_by_the_kinds_of_its_cells():
    """Numbers are amounts, dates are dates, and a code that was a number lost its zero."""
    rows = [
        line(1, importo=128.5, scadenza=date(2026, 4, 30)),
        line(2, importo=96, codice_fiscale=1234567897),
        line(3, importo="=SUM(D2:D3)"),
        line(4, iban=3.47e17),
    ]
    file = as_workbook(rows)

    reading = understand(file, OFFICE)

    assert (reading.kind, reading.records, reading.amounts) == (Kind.XLSX, 4, Amounts.EURO)
    assert errors_of(file, reading) == [
        (3, ["codice_fiscale code-length"]),
        (4, ["importo formula"]),
        (5, ["iban digits"]),
    ]


def test_first_sheet_with_rows_is_read_and_the_others_are_counted():
    """The page says so."""

    def change(book: openpyxl.Workbook) -> None:
        book.create_sheet("vuoto", 0)
        book.create_sheet("altro").append(["x"])

    reading = understand(as_workbook([line(1)], change=change), OFFICE)

    assert (reading.records, reading.sheets) == (1, 2)


def zipped(**parts: bytes) -> bytes:
    """Return an archive of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            stored = zipfile.ZIP_STORED if name == "mimetype" else None
            archive.writestr(name, content, stored)
    return file.getvalue()


WRONG = {
    "empty": (b"", Why.EMPTY),
    "blank": (b"\xef\xbb\xbf \r\n", Why.EMPTY),
    "old": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, Why.OLD_EXCEL),
    "pdf": (b"%PDF-1.7\n", Why.PDF),
    "gzip": (b"\x1f\x8b\x08\0", Why.ARCHIVE),
    "zip": (zipped(a=b"posizione;importo\r\n1;2\r\n"), Why.ARCHIVE),
    "ods": (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), Why.OPEN_DOCUMENT),
    "broken": (b"PK\x03\x04" + b"x" * 100, Why.BROKEN),
    "broken workbook": (zipped(**{"xl/workbook.xml": b"<x"}), Why.BROKEN),
    "macros": (zipped(**{"xl/workbook.xml": b"<x/>", "xl/vbaProject.bin": b"x"}), Why.MACROS),
    "html": (b"\xef\xbb\xbf\n<HTML><table>", Why.HTML),
    "json": (b'{"positions": []}', Why.JSON),
    "png": (b"\x89PNG\r\n\x1a\n", Why.PICTURE),
    "zeros": (b"ab\0\0cd", Why.BINARY),
    "neither encoding": (b"posizione;importo\r\n\x81\x8d;1,50\r\n", Why.ENCODING),
    "no header": (b"TARI-1;RSSMRA00A01A000K;Niccolo;1,50\r\n", Why.NO_HEADER),
    "no rows": (b"posizione;importo;causale\r\n\r\n", Why.NO_ROWS),
    "twice": (b"importo;Importo;posizione\r\n1;2;3\r\n", Why.REPEATED),
    "long": (b"x" * 10_000_000, Why.NO_HEADER),
}


@pytest.mark.parametrize(("content", "why"), WRONG.values(), ids=WRONG)
def test_file_of_another_kind_is_refused_by_its_content(content: bytes, why: Why):
    """Its name does not count; each reason has its sentence in the console."""
    with pytest.raises(FileNotLoadable) as refused:
        understand(io.BytesIO(content), OFFICE)

    assert refused.value.why is why


def test_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch):
    """The directory of an archive says how large it would be."""
    bomb = zipped(**{"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b" " * (200 << 20)})
    assert len(bomb) < 1 << 20
    monkeypatch.setattr(workbook, "_begun", None)

    with pytest.raises(FileNotLoadable) as refused:
        understand(io.BytesIO(bomb), OFFICE)

    assert refused.value.why is Why.BOMB


def test_workbook_without_the_library_is_refused(monkeypatch: pytest.MonkeyPatch):
    """It is an extra."""
    monkeypatch.setattr(workbook, "find_spec", lambda _name: None)

    with pytest.raises(FileNotLoadable) as refused:
        understand(as_workbook([line(1)]), OFFICE)

    assert refused.value.why is Why.NO_LIBRARY


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C'!A0", "-x", "@SUM(1)", "\t=1"])
def test_cell_that_a_spreadsheet_would_run_is_defused_and_comes_back(text: str):
    """An apostrophe stands before it."""
    assert defused(text) == "'" + text
    assert undefused(defused(text)) == text


@pytest.mark.parametrize("text", ["-12,50", "+39", "D'Este", "'virgolette'", "abc", ""])
def test_other_cell_stays_as_it_is(text: str):
    """A number with a sign is a number."""
    assert defused(text) == undefused(text) == text
