"""Positions from CSV: columns, separators, and invalid cells."""

import pytest

from tests.usecases.loading.tables import (
    BODY,
    CHECKSUM,
    NEEDED,
    NUMBER,
    OPTION,
    ROW,
    TRANSFER,
    Cells,
    bodies,
    outcomes,
    unusable,
    written,
)
from tests.validation.bodies import BANK, HASH, ORGANIZATION, OTHER, POSTAL, iuv, nav


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


def test_organization_option_replaces_the_column():
    """Empty cells in the column take it too."""
    row = {name: cell for name, cell in ROW.items() if name != "organization"}
    assert "organization" not in bodies(written(row), ORGANIZATION)[0]

    mixed = written(ROW, {**ROW, "organization": ""}, {**ROW, "organization": OTHER})
    assert [len(each["paymentOption"]) for each in bodies(mixed, ORGANIZATION)] == [2, 1]


IN_EURO = "type: expected whole cents: 1000 for this amount in euro, or --amounts euro to load it"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"type": "H"}, "type: choice: expected 'F' or 'G'"),
        ({"amount": "10.00"}, f"amount: {IN_EURO}"),
        ({"amount": "-1"}, f"amount: {NUMBER}"),
        ({"amount": "٣"}, f"amount: {NUMBER}"),
        ({"amount": "9" * 15}, "amount: range: expected at most 99999999999"),
        ({"amount": "9" * 5000}, f"amount: {NUMBER}"),
        ({"amount": ""}, f"amount: {NEEDED}"),
        ({"switchToExpired": "yes"}, "switchToExpired: type: expected true or false"),
        ({"isPartialPayment": "2"}, "isPartialPayment: type: expected true or false"),
        ({"description": ""}, f"description: {NEEDED}"),
        ({"iban": ""}, "transfer1: account-or-stamp: expected an IBAN, or a stamp alone"),
        ({"iban": BANK[:-1] + "7"}, f"iban: {CHECKSUM}"),
        ({"dueDate": "30/04/2026"}, "dueDate: date: expected 2026-04-30"),
        ({"dueDate": "aprile"}, "dueDate: date: expected a date such as 2026-03-31"),
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


def test_cell_that_is_not_utf8_is_refused_with_its_column():
    """The other rows are read."""
    raw = written({**ROW, "fullName": "Nicolo`"}, {**ROW, "iupd": "P2"}).replace(b"`", b"\xf2")

    [(_, first), second] = outcomes(raw)

    assert first == (
        "fullName: utf-8: expected text in UTF-8, and the file seems to be Windows-1252: "
        'save it as "CSV UTF-8"'
    )
    assert second == (3, "")


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
