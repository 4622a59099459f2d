"""`gpd-soap load`: what it prints, what it leaves, how it ends."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gpd_soap.cli.main import main
from gpd_soap.store import migrate
from gpd_soap.store.store import Store
from tests.intake.bodies import BANK, option, share
from tests.intake.test_load import CONFIGURATION, bad, placed

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command on a file of these positions, or of these bytes."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    ready = Store(url)
    migrate.upgrade(ready.engine)
    ready.close()
    file = tmp_path / "file.json"

    def run(told: object, *options: str) -> Result:
        given = told if isinstance(told, bytes) else _file(told)
        file.write_bytes(given)
        return CliRunner().invoke(main, ["load", str(file), *options])

    return run


def _file(positions: object) -> bytes:
    return json.dumps({**CONFIGURATION, "positions": positions}).encode()


def test_a_good_file_ends_well(run: Run):
    """One line, and 0."""
    ended = run([placed(1), placed(2)])

    assert ended.output == "2 of 2 positions loaded, 0 refused, 0 warnings\n"
    assert ended.exit_code == 0


def test_a_refused_position_has_a_line_and_ends_with_1(run: Run):
    """Its place, its IUPD, each field with its rule and what was expected."""
    ended = run([placed(1), bad(2)])

    assert ended.output.splitlines() == [
        "positions[1] P2: type: choice: expected 'F' or 'G'",
        "0 of 2 positions loaded, 1 refused, 0 warnings; nothing was written",
    ]
    assert ended.exit_code == 1


def test_keep_going_loads_the_good_ones_and_still_ends_with_1(run: Run):
    """So that a script notices."""
    ended = run([placed(1), bad(2)], "--keep-going")

    assert ended.output.splitlines()[-1] == "1 of 2 positions loaded, 1 refused, 0 warnings"
    assert ended.exit_code == 1


def test_a_dry_run_says_what_would_be(run: Run):
    """Twice, because nothing was written the first time."""
    for _ in range(2):
        ended = run([placed(1)], "--dry-run")
        said = "1 of 1 positions would be loaded, 0 refused, 0 warnings; nothing was written\n"
        assert (ended.output, ended.exit_code) == (said, 0)


def test_warnings_are_counted_by_rule(run: Run):
    """Of the positions that were taken and of nobody's data."""
    postal = {**placed(1), "paymentOption": [option(1, share(iban=None, postalIban=BANK))]}
    ended = run([postal, placed(2, fiscalCode="RSSMRA00A01A000A")], "--lenient")

    assert "2 warnings (1 fiscal-code, 1 postal-iban)" in ended.output
    assert ended.exit_code == 0


def test_a_line_has_room_for_ten_mistakes(run: Run):
    """The others are counted."""
    ended = run([placed(1, **{f"{'x' * (at + 1)}": 1 for at in range(12)})])

    assert ended.output.splitlines()[0].endswith("; and 2 more")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xff", "Error: expected UTF-8, which byte 0 is not"),
        (b"{", "Error: expected JSON, which it is not at line 1, column 2"),
        (b"[]", "Error: the whole: type: expected an object"),
        (b"[" * 100_000, "Error: expected lists and objects that nest less deep"),
        (
            b'{"stations": [{"id": "x", "broker": "y"}]}',
            "Error: stations[0].broker: unknown: expected a registered broker",
        ),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_unusable_file_ends_with_2_and_a_clear_word(run: Run, raw: bytes, said: str):
    """And without a traceback."""
    ended = run(raw)

    assert (ended.output, ended.exit_code) == (said + "\n", 2)


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path):
    """As does a directory."""
    for missing in (tmp_path / "nowhere", tmp_path):
        assert CliRunner().invoke(main, ["load", str(missing)]).exit_code == 2


def test_it_explains_itself():
    """Parts, options, exits, and the environment that it obeys."""
    told = CliRunner().invoke(main, ["load", "--help"]).output

    for word in (
        "--keep-going",
        "--dry-run",
        "--lenient",
        "positions",
        "GPD_DATABASE_URL",
        "Exit 0",
    ):
        assert word in told
