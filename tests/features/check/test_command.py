"""`gpd-soap check`: its output, its exit code, and no personal data."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gpd_soap import demo
from gpd_soap.cli.main import main
from gpd_soap.clock import utc_now
from gpd_soap.store.configuration import write as configuration
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import FreshDatabase, migrated

Run = Callable[..., Result]


@pytest.fixture
def broken(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a database with the world of the message cases, which has broken positions."""
    url = fresh_database("sqlite", world.prepare)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    return url


@pytest.fixture
def sound(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a database with the demo, whose one finding is a broker without a station."""
    url = fresh_database("sqlite", migrated)
    monkeypatch.setenv("GPD_DATABASE_URL", url)
    store = Store(url)
    demo.install(store, utc_now())
    with store.begin() as connection:
        configuration.put_broker(connection, "00000000191")
    store.close()
    return url


def run(*options: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["check", *options])


@pytest.mark.usefixtures("broken")
def test_check_with_errors_ends_with_1_and_a_summary():
    """Each finding has a line, and the summary is the last."""
    ended = run()

    assert ended.exit_code == 1
    assert len(ended.stdout.splitlines()) == 8
    assert ended.stdout.splitlines()[-1] == (
        "23 positions and 88 answers checked: 6 errors, 1 warnings"
    )
    assert ended.stderr == ""


@pytest.mark.usefixtures("sound")
def test_check_with_warnings_ends_with_0_unless_strict():
    """With --strict a warning ends with 1."""
    for options, code in (((), 0), (("--strict",), 1), (("--configuration-only", "--strict"), 1)):
        ended = run(*options)
        assert ended.exit_code == code
        assert ended.stdout.startswith("WARNING  broker 00000000191  idle: ")
        assert ended.stdout.endswith(": 0 errors, 1 warnings\n")


@pytest.mark.usefixtures("sound")
def test_check_without_findings_prints_one_line():
    """An organization that is named twice is checked once."""
    ended = run("--all", "--strict", *("--organization", world.ORGANIZATION) * 2)

    assert ended.output == "12 positions and 61 answers checked: 0 errors, 0 warnings\n"
    assert ended.exit_code == 0


@pytest.mark.usefixtures("broken")
def test_check_with_json_prints_an_object_on_each_line():
    """The findings come first, and the summary is the last."""
    ended = run("--json")
    *findings, last = map(json.loads, ended.stdout.splitlines())

    assert {tuple(finding) for finding in findings} == {("severity", "where", "rule", "what")}
    assert {finding["severity"] for finding in findings} == {"ERROR", "WARNING"}
    assert last == {"positions": 23, "answers": 88, "errors": 6, "warnings": 1}
    assert ended.exit_code == 1


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("options", [(), ("--json",), ("--all",)])
def test_output_with_any_option_names_no_debtor_and_no_notice(options: tuple[str, ...]):
    """A report may be sent by mail."""
    printed = run(*options).output

    for position in world.POSITIONS:
        assert position.debtor.code not in printed
        assert position.debtor.full_name not in printed
        for option in position.options:
            assert option.nav not in printed
            assert option.iuv not in printed
            assert option.description not in printed


@pytest.mark.usefixtures("sound")
def test_check_of_an_unregistered_organization_ends_with_2():
    """The code may be misspelt."""
    ended = run("--organization", world.STRANGER)

    assert ended.exit_code == 2
    assert f"organization {world.STRANGER} is not registered" in ended.stderr


def test_check_of_an_outdated_database_ends_with_2_and_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The command to run is named, and nothing else is read."""
    monkeypatch.setenv("GPD_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")

    ended = run()

    assert ended.exit_code == 2
    assert "run `gpd-soap db upgrade`" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("GPD_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x", "no PostgreSQL answers"),
        ("GPD_DATABASE_URL", "mysql://x", "neither sqlite nor postgresql"),
        ("GPD_DATABSE_URL", "x", "there is no such setting"),
    ],
)
def test_check_with_unusable_settings_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
):
    """Exit code 1 always means that an error was found."""
    monkeypatch.setenv(name, value)
    ended = run()

    assert ended.exit_code == 2
    assert message in ended.stderr


def test_check_on_a_terminal_shows_progress_on_stderr_alone(broken: str):
    """The report on stdout has no control characters."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "GPD_DATABASE_URL": broken, "TERM": "xterm"}
    command = [sys.executable, "-m", "gpd_soap", "check"]
    ended = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=theirs, text=True, check=False
    )
    screen = os.read(ours, 65536).decode()
    os.close(ours)
    os.close(theirs)

    assert ended.returncode == 1
    assert "checking" in screen
    assert "100%" in screen
    assert "\x1b" not in ended.stdout


def test_help_names_options_and_exit_codes():
    """The settings are in `gpd-soap help settings`."""
    text = run("--help").output

    for word in ("--organization", "--configuration-only", "--all", "--strict", "--json",
                 "code 0"):  # fmt: skip
        assert word in text
