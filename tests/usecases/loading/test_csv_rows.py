"""Rows of CSV: installments, rows that belong together, and unreadable rows."""

import io

import pytest

from gpd_soap.usecases.loading import csv_positions
from gpd_soap.usecases.loading.lines import LONGEST
from gpd_soap.validation.position_v1 import MOST_OPTIONS
from tests.usecases.loading.tables import (
    NEEDED,
    NUMBER,
    OPTION,
    ROW,
    bodies,
    outcomes,
    written,
)
from tests.validation.bodies import ORGANIZATION, OTHER


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
    rows = written(ROW, {**ROW, "organization": OTHER})

    assert [each["organization"] for each in bodies(rows)] == [ORGANIZATION, OTHER]


def test_row_without_an_iupd_is_refused_with_the_position_before_it():
    """It may be an option of that position, and a plan must not lose an installment."""
    rows = [{**ROW, "iupd": iupd} for iupd in ("P1", "", "P2")]
    raw = written(*rows, {**ROW, "iupd": "P3", "type": "H"})

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

    assert len(rows[0].body["paymentOption"]) == MOST_OPTIONS + 1  # type: ignore[index]  # a row is JSON
    assert outcomes(raw) == [(2, "paymentOption: count: expected at most 1000"), (1052, "")]


@pytest.mark.parametrize("blank", [b"", b",,,,,,,,,,,,", b"\r"])
def test_blank_rows_of_csv_are_skipped(blank: bytes):
    """They may have separators."""
    head, row = written(ROW).split(b"\n")

    assert len(bodies(b"\n".join([head, blank, row, blank, blank]))) == 1


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
    """A plan must not lose an installment, whether the row is before or after the others."""
    iupd = '"P""1"' if b'""' in cut else "P1"
    head, first, other, next_ = written(
        {**ROW, "iupd": iupd}, {**ROW, "iupd": "other"}, {**ROW, "iupd": "next"}
    ).split(b"\n")

    for lines in ([other, first, cut, next_], [other, cut, first, next_]):
        words = [text[11:15] for _, text in outcomes(b"\n".join([head, *lines]))]
        assert (words[0], words[lines.index(first)], words[3]) == ("", "torn", "")


SCATTERED = (
    "iupd: scattered: expected the rows of a position one after another: sort the file by iupd"
)


def test_position_whose_rows_are_not_adjacent_is_refused_whole():
    """Each part says what to do; a position between them is loaded."""
    third = {**ROW, "description": "Tributo 3"}
    raw = written(ROW, {**ROW, "iupd": "P2"}, third, {**ROW, "iupd": "P3"}, ROW)

    assert outcomes(raw) == [(2, SCATTERED), (3, ""), (4, SCATTERED), (5, ""), (6, SCATTERED)]


def test_rows_of_the_same_iupd_in_other_organizations_are_not_scattered():
    """Without a value in the column, the organization is that of the option."""
    rows = [{**ROW, "organization": code} for code in ("", OTHER, ORGANIZATION)]
    scattered = list(csv_positions.rows(io.BytesIO(written(*rows)), ORGANIZATION))

    assert [[error.rule for error in row.errors] for row in scattered] == [
        ["scattered"],
        [],
        ["scattered"],
    ]


def test_unreadable_row_with_another_line_end_is_named_for_it():
    """A file of two programs may have both line ends."""
    head, first, second = written(ROW, {**ROW, "iupd": "P2"}).split(b"\n")
    raw = b"\n".join([head, first + b"\r" + second, first])

    assert outcomes(raw)[0][1] == (
        "the whole: line-end: expected lines that end with LF or CR LF, as others of the file do"
    )


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


@pytest.mark.parametrize("size", [1, 3])
def test_rows_of_csv_are_read_one_by_one(size: int):
    """The file is not held in memory."""
    file = io.BytesIO(written(*({**ROW, "iupd": f"P{number}"} for number in range(1000))))
    rows = csv_positions.rows(file, None)
    for _ in range(size):
        next(rows)

    assert file.tell() < 1000
