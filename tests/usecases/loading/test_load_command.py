"""`gpd-soap load`: its output, its effect and its exit codes."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from tests.conftest import FreshDatabase, migrated
from tests.usecases.loading.samples import CONFIGURATION, invalid, valid
from tests.usecases.loading.tables import ROW, written
from tests.validation.bodies import BANK, ORGANIZATION, nav, option, transfer

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command on positions, or on bytes with another file name."""
    monkeypatch.setenv("GPD_DATABASE_URL", fresh_database("sqlite", migrated))

    def run(content: object, *options: str, name: str = "file.json") -> Result:
        given = content if isinstance(content, bytes) else _file(content)
        (tmp_path / name).write_bytes(given)
        return CliRunner().invoke(main, ["load", str(tmp_path / name), *options])

    return run


def _file(positions: object) -> bytes:
    return json.dumps({**CONFIGURATION, "positions": positions}).encode()


def _lines(*positions: object) -> bytes:
    return b"\n".join(json.dumps(each).encode() for each in positions)


def test_valid_file_exits_with_0(run: Run):
    """The output is one line."""
    ended = run([valid(1), valid(2)])

    message = "2 positions: 2 loaded, 0 already there, 0 refused, 0 warnings\n"
    assert (ended.output, ended.exit_code) == (message, 0)


def test_repeated_load_exits_with_0(run: Run):
    """Nothing is loaded twice."""
    run([valid(1), valid(2)])
    ended = run([valid(1), valid(2)])

    message = "2 positions: 0 loaded, 2 already there, 0 refused, 0 warnings\n"
    assert (ended.output, ended.exit_code) == (message, 0)


def test_refused_position_has_a_line_and_exits_with_1(run: Run):
    """The line has its row, its IUPD, and each field with its rule and what was expected."""
    ended = run([valid(1), invalid(2), None])

    assert ended.output.splitlines() == [
        "positions[1] P2: type: choice: expected 'F' or 'G'",
        (
            "positions[2] -: organization: required: expected a value; "
            "the whole: type: expected an object"
        ),
        ("3 positions: 1 not loaded, 0 already there, 2 refused, 0 warnings; nothing was written"),
    ]
    assert ended.exit_code == 1


def test_keep_going_loads_the_valid_positions_and_exits_with_1(run: Run):
    """A script can tell by the code that some were refused."""
    ended = run([valid(1), invalid(2)], "--keep-going")

    message = "2 positions: 1 loaded, 0 already there, 1 refused, 0 warnings"
    assert (ended.output.splitlines()[-1], ended.exit_code) == (message, 1)


@pytest.mark.parametrize("option", ["", "--keep-going"])
def test_dry_run_reports_the_same_twice(run: Run, option: str):
    """Nothing was written the first time."""
    for _ in range(2):
        ended = run([valid(1)], "--dry-run", *option.split())
        message = (
            "1 positions: 1 would be loaded, 0 already there, 0 refused, 0 warnings; "
            "nothing was written\n"
        )
        assert (ended.output, ended.exit_code) == (message, 0)


def test_warnings_are_counted_by_rule(run: Run):
    """Accepted positions alone are counted, and no personal data is printed."""
    postal = {**valid(1), "paymentOption": [option(1, transfer(iban=None, postalIban=BANK))]}
    ended = run([postal, valid(2, fiscalCode="RSSMRA00A01A000A")], "--lenient")

    assert "2 warnings (1 fiscal-code, 1 postal-iban)" in ended.output
    assert ended.exit_code == 0


def test_warning_names_the_row_and_the_column_in_the_report_too(run: Run, tmp_path: Path):
    """The position is loaded all the same."""
    run([])
    report = tmp_path / "report.csv"
    wrong = {**ROW, "fiscalCode": "RSSMRA00A01A000A"}
    ended = run(written(ROW, wrong | {"iupd": "P2"}), "--report", str(report), name="x.csv")
    warning = "fiscalCode: fiscal-code: expected a code whose check letter is right"

    assert ended.exit_code == 0, ended.output
    assert ended.output.splitlines()[0] == f"line 3 P2: warning: {warning}"
    assert report.read_text().splitlines()[2].endswith(f",loaded,,,,{warning}")


def test_amounts_in_euro_are_taken_on_request(run: Run):
    """Of JSON they are refused, because its amounts are cents."""
    run([])
    raw = written({**ROW, "amount": "1.234,56"}, separator=";")

    assert "1 loaded" in run(raw, "--amounts", "euro", name="x.csv").output
    refused = run([valid(2)], "--amounts", "euro")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--amounts euro is for CSV" in refused.stderr


def test_cell_that_begins_like_a_formula_is_defused_in_the_report(run: Run, tmp_path: Path):
    """A spreadsheet shows it as text."""
    run([])
    report = tmp_path / "report.csv"
    ended = run(written({**ROW, "iupd": "=1+1"}), "--report", str(report), name="x.csv")

    assert ended.exit_code == 0, ended.output
    assert report.read_text().splitlines()[1].split(",")[2] == "'=1+1"


def test_load_whose_reader_has_ended_blames_no_file(run: Run, tmp_path: Path):
    """`gpd-soap load … | head -1` ends without a message."""
    run([])
    (tmp_path / "many.ndjson").write_bytes(_lines(*map(invalid, range(1, 600))))
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "gpd_soap", "load", str(tmp_path / "many.ndjson")]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)

    assert (ended.returncode, ended.stderr) == (1, b"")


def test_load_without_a_database_ends_with_2(run: Run, monkeypatch: pytest.MonkeyPatch):
    """Exit code 1 means that positions were refused."""
    monkeypatch.setenv("GPD_DATABASE_URL", "sqlite:////nowhere/at/all.db")
    ended = run([valid(1)])

    assert ended.exit_code == 2
    assert "its folder must exist" in ended.stderr


def test_line_of_a_refusal_shows_ten_errors(run: Run):
    """The others are counted."""
    ended = run([valid(1, **{f"{'x' * (index + 1)}": 1 for index in range(12)})])

    assert ended.output.splitlines()[0].endswith("; and 2 more")


def test_ndjson_is_recognized_by_the_file_name(run: Run):
    """With --format it may have another name; the line number names a refused row."""
    run([])
    raw = _lines(valid(1), invalid(2), valid(3))
    ended = run(raw, "--keep-going", name="positions.ndjson")
    again = run(raw, "--keep-going", "--format", "ndjson", name="positions.txt")
    line = "line 2 P2: type: choice: expected 'F' or 'G'"

    assert ended.output.splitlines() == [
        line,
        "3 positions: 2 loaded, 0 already there, 1 refused, 0 warnings",
    ]
    assert again.output.splitlines() == [
        line,
        "3 positions: 0 loaded, 2 already there, 1 refused, 0 warnings",
    ]


def test_csv_is_recognized_by_the_file_name(run: Run):
    """An option may give the organization of all rows."""
    run([])
    row = {name: cell for name, cell in ROW.items() if name != "organization"}
    raw = written(row, {**row, "iupd": "P2", "amount": "10,00"}, separator=";")
    ended = run(raw, "--keep-going", "--organization", ORGANIZATION, name="positions.csv")

    assert ended.output.splitlines() == [
        (
            "line 3 P2: amount: type: expected whole cents: 1000 for this amount in euro, "
            "or --amounts euro to load it"
        ),
        "2 positions: 1 loaded, 0 already there, 1 refused, 0 warnings",
    ]


def test_standard_input_is_json_without_a_format(run: Run):
    """A pipe has no file name."""
    document, lines = _file([valid(1)]), _lines(valid(1), valid(2))
    run([])
    first = CliRunner().invoke(main, ["load", "-"], input=document)
    second = CliRunner().invoke(main, ["load", "-", "--format", "ndjson"], input=lines)

    assert first.output.startswith("1 positions: 1 loaded")
    assert second.output.startswith("2 positions: 1 loaded, 1 already there")


@pytest.mark.parametrize("code", ["1", "7777777777a", ""])
def test_invalid_organization_option_exits_with_2(run: Run, code: str):
    """The file is not read."""
    assert run([valid(1)], "--organization", code).exit_code == 2


HEADER = "line,organization,iupd,nav,result,field,rule,expected,warnings"


def report_of(run: Run, folder: Path, *options: str) -> list[str]:
    """Return the report of a stored position, a valid one and two invalid ones."""
    run([valid(1)])
    two = valid(2, paymentOption=[option(2, iuv=None), option(3, iuv=None)])
    wrong = {**valid(4, type="H", country="XX"), "iupd": "P,4"}
    file = folder / "report.csv"
    raw = _lines(valid(1), two, wrong, {**valid(1), "iupd": "P5"})
    run(raw, "--report", str(file), *options, name="positions.ndjson")
    return file.read_text().splitlines()


USED = "a number that neither the organization nor an earlier position has used"
NUMBERS = "paymentOption[0].nav paymentOption[0].iuv"
REFUSED = f"4,{ORGANIZATION},P5,,refused,{NUMBERS},in-use in-use,{USED}; {USED},"


def test_report_has_a_line_for_each_position(run: Run, tmp_path: Path):
    """The line has the notice numbers, issued or given."""
    lines = report_of(run, tmp_path, "--keep-going")

    assert lines[:3] == [
        HEADER,
        f"1,{ORGANIZATION},P1,{nav(1)},already there,,,,",
        f"2,{ORGANIZATION},P2,{nav(2)} {nav(3)},loaded,,,,",
    ]
    assert lines[3].startswith(f'3,{ORGANIZATION},"P,4",,refused,type country,choice country,')
    assert lines[3].endswith(",'F' or 'G'; an ISO 3166-1 country: 2 capital letters,")
    assert lines[4:] == [REFUSED]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("", "not loaded"),
        ("--dry-run", "not loaded"),
        ("--dry-run --keep-going", "would be loaded"),
    ],
)
def test_report_has_no_numbers_of_positions_that_are_not_stored(
    run: Run, tmp_path: Path, options: str, message: str
):
    """A position that was rolled back has no numbers."""
    lines = report_of(run, tmp_path, *options.split())

    assert lines[1] == f"1,{ORGANIZATION},P1,{nav(1)},already there,,,,"
    assert lines[2] == f"2,{ORGANIZATION},P2,,{message},,,,"
    assert lines[4:] == [REFUSED]


def test_report_of_all_or_nothing_is_written_at_the_end(run: Run, tmp_path: Path):
    """Only then is the result certain."""
    run([])
    file = tmp_path / "report.csv"
    run([valid(1)], "--report", str(file))

    assert file.read_text().splitlines() == [HEADER, f"0,{ORGANIZATION},P1,{nav(1)},loaded,,,,"]


def test_unwritable_report_exits_with_2(run: Run, tmp_path: Path):
    """Nothing is loaded."""
    assert run([valid(1)], "--report", str(tmp_path / "no" / "where")).exit_code == 2
    assert "1 loaded" in run([valid(1)]).output


def test_terminal_shows_a_progress_bar(run: Run, tmp_path: Path):
    """The lines of refused positions are shown too."""
    run([])
    (tmp_path / "positions.ndjson").write_bytes(_lines(valid(1), invalid(2)))
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "gpd_soap", "load", str(tmp_path / "positions.ndjson")],
        stdout=theirs,
        stderr=theirs,
        check=False,
    )
    seen = os.read(ours, 10_000).decode()
    os.close(theirs)
    os.close(ours)

    assert done.returncode == 1
    assert "100%" in seen
    assert "\r\x1b[Kline 2 P2: type: choice: expected 'F' or 'G'\r\n" in seen


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\xff", "Error: expected UTF-8 at byte 0"),
        (b"{", "Error: expected JSON at line 1, column 2"),
        (b"[]", "Error: the whole: type: expected an object"),
        (b"[" * 100_000, "Error: expected lists and objects that are nested less deeply"),
        (
            b'{"stations": [{"id": "x", "broker": "y"}]}',
            "Error: stations[0].broker: unknown: expected a registered broker",
        ),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_unusable_file_exits_with_2_and_a_reason(run: Run, raw: bytes, message: str):
    """There is no traceback."""
    ended = run(raw)

    assert (ended.output, ended.exit_code) == (message + "\n", 2)


def test_csv_with_an_invalid_header_exits_with_2(run: Run):
    """Nothing of it is loaded."""
    raw = written(ROW).replace(b"iban", b"IBAN")
    ended = run(raw, "--keep-going", name="positions.csv")

    message = "Error: column 13: unknown-field: expected the name of a field\n"
    assert (ended.output, ended.exit_code) == (message, 2)


def test_missing_file_exits_with_2(tmp_path: Path):
    """A directory does too."""
    for missing in (tmp_path / "nowhere", tmp_path):
        assert CliRunner().invoke(main, ["load", str(missing)]).exit_code == 2


def test_help_names_options_and_exit_codes():
    """It names the parts of a document too."""
    content = CliRunner().invoke(main, ["load", "--help"]).output

    for word in (
        "--keep-going",
        "--dry-run",
        "--lenient",
        "--format",
        "--organization",
        "--report",
        "positions",
        "Exit code 0",
    ):
        assert word in content
