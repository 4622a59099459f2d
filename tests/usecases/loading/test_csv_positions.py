"""Positions from CSV: columns, separators, installments, and invalid rows."""

import io
from typing import Any

import pytest

from gpd_soap.usecases.loading import csv_positions
from gpd_soap.usecases.loading.check import Candidate, Outcome, check_row
from gpd_soap.usecases.loading.lines import LONGEST
from gpd_soap.validation.finding import FieldError
from gpd_soap.validation.position_v1 import MOST_OPTIONS
from gpd_soap.validation.strict_json import UnusableFile
from tests.validation.bodies import BANK, HASH, ORGANIZATION, OTHER, POSTAL, iuv, nav

Cells = dict[str, str]

ROW: Cells = {
    "organization": ORGANIZATION,
    "iupd": "P1",
    "type": "F",
    "fiscalCode": "RSSMRA00A01A000K",
    "fullName": "Maria Esempio",
    "companyName": "Comune di Esempio",
    "switchToExpired": "true",
    "amount": "1000",
    "description": "Tributo 1",
    "isPartialPayment": "false",
    "dueDate": "2026-04-30",
    "category": "0101002IM",
    "iban": BANK,
}
BODY = {
    "organization": ORGANIZATION,
    "iupd": "P1",
    "type": "F",
    "fiscalCode": "RSSMRA00A01A000K",
    "fullName": "Maria Esempio",
    "companyName": "Comune di Esempio",
    "switchToExpired": True,
}
OPTION = {
    "amount": 1000,
    "description": "Tributo 1",
    "isPartialPayment": False,
    "dueDate": "2026-04-30",
}
TRANSFER = {
    "idTransfer": "1",
    "amount": 1000,
    "remittanceInformation": "Tributo 1",
    "category": "0101002IM",
    "iban": BANK,
}


NUMBER = "type: expected a whole number, in digits alone"
NEEDED = "required: expected a value"
CHECKSUM = "iban-checksum: expected an IBAN whose check digits are right"


def written(*rows: Cells, separator: str = ",") -> bytes:
    """Return a CSV file with the columns of its first row; cells are not quoted."""
    lines = [rows[0], *({name: row.get(name, "") for name in rows[0]} for row in rows)]
    head = separator.join(rows[0])
    return "\n".join([head, *(separator.join(line.values()) for line in lines[1:])]).encode()


def bodies(raw: bytes, organization: str | None = None) -> list[Any]:
    """Return the bodies of the rows of a file, none of which has an error."""
    rows = list(csv_positions.rows(io.BytesIO(raw), organization))
    assert [row.errors for row in rows] == [()] * len(rows)
    return [row.body for row in rows]


def outcomes(raw: bytes) -> list[tuple[int, str]]:
    """Return the line and the errors of each position, as text that is empty if it is valid."""
    checked = (
        check_row(row, None, lenient=False).value
        for row in csv_positions.rows(io.BytesIO(raw), None)
    )
    return [(each.row_number, "; ".join(map(str, _errors(each)))) for each in checked]


def _errors(what: Candidate | Outcome) -> tuple[FieldError, ...]:
    return what.errors if isinstance(what, Outcome) else ()


def unusable(raw: bytes, organization: str | None = None) -> str:
    """Return why a file is unusable, which is known before any row is read."""
    with pytest.raises(UnusableFile) as refused:
        csv_positions.rows(io.BytesIO(raw), organization)
    return str(refused.value)


def test_row_gives_a_position_with_one_option():
    """Its only transfer takes the amount and the text of the option if it has none."""
    assert bodies(written(ROW)) == [{**BODY, "paymentOption": [{**OPTION, "transfer": [TRANSFER]}]}]


def test_every_gpd_field_has_a_column():
    """It has GPD's name, after the prefix of a transfer or a stamp."""
    position = {
        "toPublish": "true",
        "streetName": "Via dell'Esempio",
        "civicNumber": "1",
        "postalCode": "00100",
        "city": "Roma",
        "province": "RM",
        "region": "Lazio",
        "country": "IT",
        "email": "maria@example.it",
        "phone": "06123456",
        "officeName": "Tributi",
        "payStandIn": "false",
        "validityDate": "2026-03-16",
    }
    option = {
        "iuv": iuv(1),
        "nav": nav(1),
        "paymentPlanId": "PIANO",
        "retentionDate": "2026-05-30",
    }
    first = {
        "organizationFiscalCode": OTHER,
        "postalIban": POSTAL,
        "remittanceInformation": "Versamento",
        "transfer1.amount": "1000",
        "transfer1.companyName": "Altro Ente",
    }
    second = {
        "transfer2.amount": "0",
        "transfer2.category": "0301116TS",
        "transfer2.remittanceInformation": "Bollo",
        "transfer2.stamp.hashDocument": HASH,
        "transfer2.stamp.stampType": "01",
        "transfer2.stamp.provincialResidence": "RM",
    }
    [parsed] = bodies(written({**ROW, **position, **option, **first, **second}))

    assert parsed == {
        **BODY,
        **position,
        "toPublish": True,
        "payStandIn": False,
        "paymentOption": [
            {
                **OPTION,
                **option,
                "transfer": [
                    {
                        **TRANSFER,
                        "organizationFiscalCode": OTHER,
                        "postalIban": POSTAL,
                        "remittanceInformation": "Versamento",
                        "companyName": "Altro Ente",
                    },
                    {
                        "idTransfer": "2",
                        "amount": 0,
                        "category": "0301116TS",
                        "remittanceInformation": "Bollo",
                        "stamp": {
                            "hashDocument": HASH,
                            "stampType": "01",
                            "provincialResidence": "RM",
                        },
                    },
                ],
            }
        ],
    }


def test_stamp_columns_without_a_prefix_are_of_the_first_transfer():
    """The other columns of the first transfer need none either."""
    stamp = {
        "stamp.hashDocument": HASH,
        "stamp.stampType": "01",
        "transfer1.stamp.provincialResidence": "RM",
    }
    [parsed] = bodies(written({**ROW, "iban": "", **stamp}))

    assert parsed["paymentOption"][0]["transfer"][0]["stamp"] == {
        "hashDocument": HASH,
        "stampType": "01",
        "provincialResidence": "RM",
    }


def test_each_of_several_transfers_has_its_amount():
    """There are up to five, with columns in any order; missing numbers give no transfers."""
    more = {"transfer5.amount": "400", "transfer2.amount": "", "transfer1.amount": "600"}
    row = {**ROW, **more, "transfer5.category": "0101002IM", "transfer5.iban": BANK}
    [parsed] = bodies(written(row))

    assert [(t["idTransfer"], t["amount"]) for t in parsed["paymentOption"][0]["transfer"]] == [
        ("1", 600),
        ("5", 400),
    ]
    assert outcomes(written({**row, "transfer1.amount": ""})) == [
        (2, f"transfer1.amount: {NEEDED}")
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_separator_is_taken_from_the_header(separator: str, mark: bytes, ending: bytes):
    """The file may have a byte order mark and either line end."""
    raw = written(ROW, {**ROW, "iupd": "P2"}, separator=separator).replace(b"\n", ending)

    assert [parsed["iupd"] for parsed in bodies(mark + raw + ending)] == ["P1", "P2"]


def test_quoted_cells_may_contain_separators_and_line_ends():
    """The number of the row is its first line."""
    text = '"a ""b"", c\n\nd"'
    raw = written({**ROW, "officeName": text}, {**ROW, "iupd": "P2"})
    rows = list(csv_positions.rows(io.BytesIO(raw), None))

    assert rows[0].body["officeName"] == 'a "b", c\n\nd'  # type: ignore[index]  # an object
    assert [row.row_number for row in rows] == [2, 5]
    assert outcomes(raw)[0][1].startswith("officeName: characters: expected")


def test_consecutive_rows_with_one_iupd_are_one_position():
    """Only the first row must have the fields of the position."""
    first = {**ROW, "isPartialPayment": "true", "paymentPlanId": "A"}
    second = {**first, "description": "Tributo 2", "dueDate": "2026-05-31"}
    bare = {name: second[name] for name in ("iupd", *OPTION, "category", "iban")}
    parsed = bodies(
        written(first, second, {**bare, "description": "Tributo 3"}, {**ROW, "iupd": "Q"})
    )

    assert [(each["iupd"], len(each["paymentOption"])) for each in parsed] == [("P1", 3), ("Q", 1)]
    assert [o["description"] for o in parsed[0]["paymentOption"]] == [
        "Tributo 1",
        "Tributo 2",
        "Tributo 3",
    ]


def test_rows_of_two_organizations_with_one_iupd_are_two_positions():
    """An IUPD is unique in its organization."""
    rows = written(ROW, {**ROW, "organization": OTHER}, {**ROW, "organization": ORGANIZATION})

    assert [each["organization"] for each in bodies(rows)] == [ORGANIZATION, OTHER, ORGANIZATION]


def test_organization_option_replaces_the_column():
    """Empty cells in the column take it too."""
    row = {name: cell for name, cell in ROW.items() if name != "organization"}
    assert "organization" not in bodies(written(row), ORGANIZATION)[0]

    mixed = written(ROW, {**ROW, "organization": ""}, {**ROW, "organization": OTHER})
    assert [len(each["paymentOption"]) for each in bodies(mixed, ORGANIZATION)] == [2, 1]


def test_row_without_an_iupd_is_refused_with_the_position_before_it():
    """It may be an option of that position, and a plan must not lose an installment."""
    raw = written(ROW, {**ROW, "iupd": ""}, {**ROW, "iupd": "P2"}, {**ROW, "type": "H"})

    assert outcomes(raw) == [
        (2, f"iupd@3: {NEEDED}"),
        (4, ""),
        (5, "type: choice: expected 'F' or 'G'"),
    ]
    assert outcomes(written({**ROW, "iupd": ""}, ROW)) == [(2, f"iupd: {NEEDED}"), (3, "")]


def test_row_without_an_organization_is_refused_with_the_rows_after_it():
    """It may be the first option of the position that follows."""
    raw = written({**ROW, "organization": ""}, ROW, {**ROW, "iupd": "P2"})

    assert outcomes(raw) == [(2, f"organization: {NEEDED}"), (4, "")]


def test_position_of_too_many_rows_is_refused():
    """At most one row over the limit is held in memory."""
    raw = written(*([ROW] * (MOST_OPTIONS + 50)), {**ROW, "iupd": "P2"})
    rows = list(csv_positions.rows(io.BytesIO(raw), None))

    assert len(rows[0].body["paymentOption"]) == MOST_OPTIONS + 1  # type: ignore[index]
    assert outcomes(raw) == [(2, "paymentOption: count: expected at most 1000"), (1052, "")]


@pytest.mark.parametrize("blank", [b"", b",,,,,,,,,,,,", b"\r"])
def test_blank_rows_of_csv_are_skipped(blank: bytes):
    """They may have separators."""
    head, row = written(ROW).split(b"\n")

    assert len(bodies(b"\n".join([head, blank, row, blank, blank]))) == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"type": "H"}, "type: choice: expected 'F' or 'G'"),
        ({"amount": "10.00"}, f"amount: {NUMBER}"),
        ({"amount": "-1"}, f"amount: {NUMBER}"),
        ({"amount": "٣"}, f"amount: {NUMBER}"),
        ({"amount": "9" * 15}, "amount: range: expected at most 99999999999"),
        ({"amount": "9" * 5000}, f"amount: {NUMBER}"),
        ({"amount": ""}, f"amount: {NEEDED}"),
        ({"switchToExpired": "TRUE"}, "switchToExpired: type: expected true or false"),
        ({"isPartialPayment": "1"}, "isPartialPayment: type: expected true or false"),
        ({"description": ""}, f"description: {NEEDED}"),
        ({"iban": ""}, "transfer1: account-or-stamp: expected an IBAN, or a stamp alone"),
        ({"iban": BANK[:-1] + "7"}, f"iban: {CHECKSUM}"),
        ({"dueDate": "30/04/2026"}, "dueDate: date: expected a date such as 2026-03-31"),
        ({"category": ""}, f"category: {NEEDED}"),
        ({"organization": ""}, f"organization: {NEEDED}"),
        ({"toPublish": "yes"}, "toPublish: type: expected true or false"),
        ({"iuv": "1"}, "iuv: iuv: expected 17 digits where nav is missing"),
        ({"transfer1.amount": "999"}, "amount: sum: expected the sum of the transfers' amounts"),
        ({"transfer2.amount": "x"}, f"transfer2.amount: {NUMBER}"),
        ({"transfer2.amount": "1"}, f"transfer1.amount: {NEEDED}"),
        ({"transfer3.iban": BANK}, f"transfer3.category: {NEEDED}"),
        ({"transfer3.stamp.stampType": "02"}, f"transfer3.stamp.hashDocument: {NEEDED}"),
        ({"transfer3.stamp.stampType": "02"}, "transfer3.stamp.stampType: choice: expected '01'"),
    ],
)  # fmt: skip
def test_finding_has_the_name_of_the_column(changed: Cells, message: str):
    """It is the name in the header of the file."""
    [(line, parsed)] = outcomes(written({**ROW, **changed}))

    assert line == 2
    assert message in parsed.split("; ")


def test_finding_about_a_transfer_has_the_prefix_of_the_header():
    """The header may have the prefix of the first transfer or omit it."""
    row = {**ROW, "transfer1.iban": "x"}
    del row["iban"]

    assert outcomes(written(row))[0][1].startswith("transfer1.iban: iban: ")


def test_finding_in_a_later_row_has_its_line():
    """The first line names the position."""
    second, third = {**ROW, "amount": "x"}, {**ROW, "dueDate": "x"}
    amount = f"amount@3: {NUMBER}"
    due = "dueDate@4: date: expected a date such as 2026-03-31"

    assert outcomes(written(ROW, second, third)) == [(2, f"{amount}; {due}")]


def test_rows_of_one_position_with_different_values_are_refused():
    """A later row may only repeat a value or leave it empty."""
    raw = written(ROW, {**ROW, "fullName": "Mario", "companyName": ""}, {**ROW, "type": "G"})
    message = "row: expected an empty cell, or the value of the first row"

    assert outcomes(raw) == [(2, f"fullName@3: {message}; type@4: {message}")]


def test_cell_that_is_not_utf8_is_refused_with_its_column():
    """The other rows are read."""
    raw = written({**ROW, "fullName": "Nicolo`"}, {**ROW, "iupd": "P2"}).replace(b"`", b"\xf2")

    [(_, first), second] = outcomes(raw)

    assert first.startswith("fullName: utf-8: expected text in UTF-8; ")
    assert second == (3, "")


COUNT = "the whole: cells: expected 13 cells, as the header has"
UNREADABLE_ROW = "the whole: torn: expected no unreadable row beside it that contains its IUPD"
LONG = f"the whole: length: expected a line of at most {LONGEST} bytes"
QUOTES = "the whole: quotes: expected closed quotation marks, and shorter cells"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"a,b", COUNT),
        (b",".join([b"x"] * 14), COUNT),
        (b'x,"y"z' + b"," * 11, QUOTES),
        (b"x," * 12 + b"y" * 140_000, QUOTES),
        (b"x" * LONGEST + b"," * 12, LONG),
    ],
    ids=["few", "many", "quotes", "long cell", "long line"],
)  # fmt: skip
def test_unreadable_row_is_refused_alone(line: bytes, message: str):
    """The rows around it are read if it does not contain their IUPD."""
    head, first, second = written(ROW, {**ROW, "iupd": "P2"}).split(b"\n")

    assert outcomes(b"\n".join([head, first, line, second])) == [(2, ""), (3, message), (4, "")]


@pytest.mark.parametrize("cut", [b"P1,more", b'x,"P1"y', b'x,"P""1"y', b"P1," + b"x" * LONGEST])
def test_unreadable_row_is_refused_with_its_position(cut: bytes):
    """A plan must not lose an installment."""
    iupd = '"P""1"' if b'""' in cut else "P1"
    head, first, other = written({**ROW, "iupd": iupd}, {**ROW, "iupd": "other"}).split(b"\n")
    raw = b"\n".join([head, other, first, cut, first, other, cut, first])
    message = [what[11:15] for _, what in outcomes(raw)]

    assert [message[0], message[1], message[3], message[4], message[6]] == [
        "",
        "torn",
        "torn",
        "",
        "torn",
    ]


def test_open_quotation_mark_extends_to_the_longest_cell():
    """The rows inside are refused with the first line, and the rows after it are read."""
    rows = [{**ROW, "iupd": f"P{number}"} for number in range(2000)]
    head, *lines = written(*rows).split(b"\n")
    parsed = outcomes(b"\n".join([head, *lines[:10], b'"' + lines[10], *lines[11:]]))

    assert parsed[:10] == [(number, "") for number in range(2, 12)]
    assert parsed[10] == (12, QUOTES)
    assert parsed[-1] == (2001, "")
    assert [message for _, message in parsed[11:]] == [""] * len(parsed[11:])
    assert len(parsed) > 500


UNKNOWN = "column 14: unknown-field: expected the name of a field"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "organization: required: expected a column of this name"),
        (written({**ROW, "surprise": ""}), UNKNOWN),
        (written({**ROW, " email": ""}), UNKNOWN),
        (written({**ROW, "status": ""}), UNKNOWN),
        (written({**ROW, "transfer6.iban": ""}), UNKNOWN),
        (written({**ROW, "transfer1.iban": ""}), "column 14: duplicate: expected each field once"),
        (written(ROW).replace(b"iupd", b"city"), "iupd: required: expected a column of this name"),
        (written(ROW).replace(b"category", b"city"), "category: required"),
        (b'"a"b', "expected a header on the first line"),
        (b"\xff\xfe" + written(ROW).decode().encode("utf-16-le"), "column 1: unknown-field"),
    ],
    ids=lambda value: repr(value)[-30:],
)  # fmt: skip
def test_csv_with_an_invalid_header_is_unusable(raw: bytes, message: str):
    """No row is read, and the error repeats nothing of the header."""
    assert message in unusable(raw)


def test_columns_of_required_fields_are_required():
    """The column of the organization is required unless the option is given."""
    needed = [line.partition(":")[0] for line in unusable(b"email").splitlines()]

    assert sorted(needed) == sorted(ROW.keys() - {"iban"})
    assert "organization" not in unusable(b"email", ORGANIZATION)


@pytest.mark.parametrize("size", [1, 3])
def test_rows_of_csv_are_read_one_by_one(size: int):
    """The file is not held in memory."""
    file = io.BytesIO(written(*({**ROW, "iupd": f"P{number}"} for number in range(1000))))
    rows = csv_positions.rows(file, None)
    for _ in range(size):
        next(rows)

    assert file.tell() < 1000
