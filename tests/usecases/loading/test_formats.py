"""One position in each format of a file."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpd_soap.usecases.loading import csv_positions, lines
from gpd_soap.usecases.loading.csv_columns import COLUMNS, OPTION, POSITION, STAMP, name_of
from gpd_soap.usecases.loading.lines import LONGEST, TOO_LONG
from gpd_soap.usecases.loading.row import Row
from gpd_soap.usecases.loading.source import Format, format_of, open_source
from gpd_soap.validation.convert import check
from gpd_soap.validation.finding import FieldError
from tests.drawn import draws
from tests.validation.bodies import ORGANIZATION, Body, body, option, transfer
from tests.validation.test_answers import bodies

METADATA = ("transferMetadata", "paymentOptionMetadata")

few = draws(25)


def ndjson(raw: bytes) -> list[Row]:
    """Return the rows of an NDJSON file."""
    return list(lines.rows(io.BytesIO(raw)))


def without_metadata(content: Any) -> Any:
    """Return a position without metadata, which CSV cannot express."""
    if isinstance(content, list):
        return [without_metadata(each) for each in content]
    if isinstance(content, dict):
        return {key: without_metadata(content[key]) for key in content if key not in METADATA}
    return content


def cells(content: Body, option: Body) -> Iterator[str]:
    """Yield the cells of a row with every column."""
    for column in COLUMNS:
        holder: Body = content if column.level == POSITION else option
        if column.level not in (POSITION, OPTION):
            transfers = {int(each["idTransfer"]): each for each in option["transfer"]}
            holder = transfers.get(column.level, {})
        if column.field.startswith(STAMP):
            holder = holder.get("stamp", {})
        value = holder.get(column.field.removeprefix(STAMP))
        yield "" if value is None else json.dumps(value) if isinstance(value, bool) else str(value)


def as_table(content: Body, separator: str) -> bytes:
    """Return a position as CSV, with a row for each option."""
    written = io.StringIO()
    out = csv.writer(written, delimiter=separator)
    out.writerow(name_of(column.level, column.field) for column in COLUMNS)
    for each in content["paymentOption"]:
        out.writerow(cells({"organization": ORGANIZATION, **content}, each))
    return written.getvalue().encode()


@few
@given(bodies(), st.booleans())
def test_ndjson_gives_the_same_position_as_json(content: Body, ascii_alone: bool):  # noqa: FBT001  # drawn
    """The position may be any valid one."""
    line = json.dumps(content, ensure_ascii=ascii_alone).encode()

    assert ndjson(line + b"\n\n" + line) == [Row(1, content), Row(3, content)]


@few
@given(bodies(), st.sampled_from(",;\t"))
def test_csv_gives_the_same_position_as_json(content: Body, separator: str):
    """Metadata is left out, because it has no columns."""
    content = without_metadata(content)
    [row] = csv_positions.rows(io.BytesIO(as_table(content, separator)), None)
    assert isinstance(row.body, dict)
    assert row.body.pop("organization") == ORGANIZATION
    as_json, as_csv = check(content, ORGANIZATION), check(row.body, ORGANIZATION)

    assert row.errors == ()
    assert as_csv.body == as_json.body
    assert [each.rule for each in as_csv.errors] == [each.rule for each in as_json.errors]
    assert as_json.body is not None or as_json.errors


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", "JSON at line 1, column 2"),
        (b"{} {}", "JSON at line 1, column 4"),
        (b'{"iupd": "\xff"}', "UTF-8 at byte 10"),
        (b'{"iupd": 1, "iupd": 2}', "each key once in an object"),
        (b'{"iupd": NaN}', "a number of JSON, not NaN or Infinity"),
        (b"[" * 100_000, "lists and objects that are nested less deeply"),
        (b"9" * 5000, "numbers of fewer digits"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_invalid_line_of_ndjson_is_refused_alone(line: bytes, expected: str):
    """The lines around it are read."""
    rows = ndjson(b"\n".join([b'{"iupd": "A"}', line, b'{"iupd": "B"}']))

    assert rows[0] == Row(1, {"iupd": "A"})
    assert rows[1] == Row(2, None, (FieldError("", "json", expected),))
    assert rows[2] == Row(3, {"iupd": "B"})


def test_blank_lines_of_ndjson_are_counted_and_skipped():
    """The file may have either line end and a byte order mark."""
    raw = b"\xef\xbb\xbf\r\n  \r\n{}\r\n\n{}"

    assert [row.row_number for row in ndjson(raw)] == [3, 5]
    assert ndjson(b"\xef\xbb\xbf{}") == [Row(1, {})]
    assert ndjson(b"") == []


@pytest.mark.parametrize("over", [-1, 0, 1, LONGEST, 2 * LONGEST + 1])
@pytest.mark.parametrize("end", [b"", b"\n{}"])
def test_line_longer_than_the_limit_is_refused_alone(over: int, end: bytes):
    """The limit includes the line end."""
    line = b'"' + b"x" * (LONGEST + over - 2 - (end != b"")) + b'"'
    [row, *others] = ndjson(line + end)

    assert row.errors == (() if over <= 0 else (TOO_LONG,))
    assert [each.row_number for each in others] == ([2] if end else [])


def test_line_longer_than_the_limit_is_not_held_in_memory():
    """The line may have any length."""

    class Endless(io.RawIOBase):
        """A file with one line of sixty-four megabytes."""

        left = 64

        def readable(self) -> bool:
            return True

        def readinto(self, into: Any) -> int:
            self.left -= 1
            into[:] = b"x" * len(into)
            return len(into) if self.left > 0 else 0

    tracemalloc.start()
    [row] = lines.rows(io.BufferedReader(Endless(), LONGEST))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert row.errors == (TOO_LONG,)
    assert peak < 8 * LONGEST


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tari.csv", Format.CSV),
        ("TARI.CSV", Format.CSV),
        ("x/tari.ndjson", Format.NDJSON),
        ("tari.jsonl", Format.NDJSON),
        ("tari.json", Format.JSON),
        ("csv", Format.JSON),
        ("<stdin>", Format.JSON),
        ("", Format.JSON),
    ],
)
def test_ending_of_a_file_name_gives_the_format(name: str, expected: Format):
    """Any other ending means JSON."""
    assert format_of(name) is expected


def test_rows_of_every_format_have_their_number():
    """It is a line of the file or an index of the list."""
    content = {"organization": ORGANIZATION, **body(option(1, transfer()))}
    raw = {
        Format.CSV: as_table(content, ","),
        Format.NDJSON: json.dumps(content).encode(),
        Format.JSON: json.dumps({"positions": [content]}).encode(),
    }
    opened = {each: open_source(io.BytesIO(raw[each]), each, None) for each in Format}
    places = {each: [row.row_number for row in opened[each].rows] for each in Format}

    assert places == {Format.CSV: [2], Format.NDJSON: [1], Format.JSON: [0]}
    assert [opened[each].label for each in Format] == ["line {}", "line {}", "positions[{}]"]
