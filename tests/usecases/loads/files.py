"""Invented files of an office: what Excel writes of a roll of taxes."""

import io
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

import openpyxl

HEADER = (
    *("posizione", "codice_fiscale", "nominativo", "importo", "causale", "scadenza"),
    *("tassonomia", "iban"),
)
IBAN = "IT60X0542811101000000123456"
CODE = "RSSMRA00A01A000K"
TAXONOMY = "9/0101002IM/"

Cells = Sequence[object]


def line(number: int, **changes: object) -> list[object]:
    """Return a good line, with other values in some of its columns."""
    values = {
        "posizione": f"TARI-{number:06d}",
        "codice_fiscale": CODE,
        "nominativo": "Niccolò Inventato",
        "importo": "128,50",
        "causale": f"TARI 2026 n. {number}",
        "scadenza": "30/04/2026",
        "tassonomia": TAXONOMY,
        "iban": IBAN,
        **changes,
    }
    return list(values.values())


def as_csv(
    lines: Iterable[Cells], header: Sequence[str] = HEADER, encoding: str = "cp1252"
) -> BinaryIO:
    """Return a file as Excel saves it in Italy: semicolons, Windows-1252, CR LF."""
    rows = [header, *lines]
    text = "".join(";".join(map(str, row)) + "\r\n" for row in rows)
    return io.BytesIO(text.encode(encoding))


def as_workbook(
    lines: Iterable[Cells],
    header: Sequence[str] = HEADER,
    change: Callable[[openpyxl.Workbook], object] = lambda _: None,
) -> BinaryIO:
    """Return the same as a workbook; values keep their kinds."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (header, *lines):
        sheet.append(list(row))
    change(book)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file
