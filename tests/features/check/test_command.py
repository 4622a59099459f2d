"""`gpd-soap check`: what it prints, how it ends, and whom it never names."""

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
from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from tests import world

Run = Callable[..., Result]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a database may be made; the environment names it."""
    address = f"sqlite:///{tmp_path / 'x.db'}"
    monkeypatch.setenv("GPD_DATABASE_URL", address)
    return address


@pytest.fixture
def broken(url: str) -> str:
    """The world of the message cases, which has broken positions."""
    world.prepare(url)
    return url


@pytest.fixture
def sound(url: str) -> str:
    """The demo's sample, in which all is well but for a broker without a station."""
    store = Store(url)
    migrate.upgrade(store.engine)
    demo.install(store, utc_now())
    with store.begin() as connection:
        configuration.put_broker(connection, "00000000191")
    store.close()
    return url


def run(*options: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["check", *options])


@pytest.mark.usefixtures("broken")
def test_errors_end_with_1_and_a_summary():
    """A line for each finding, then one for all."""
    ended = run()

    assert ended.exit_code == 1
    assert len(ended.stdout.splitlines()) == 8
    assert ended.stdout.splitlines()[-1] == (
        "23 positions and 88 answers checked: 6 errors, 1 warnings"
    )
    assert ended.stderr == ""


@pytest.mark.usefixtures("sound")
def test_warnings_end_with_0_unless_they_shall_not():
    """A script decides how strict it is."""
    for options, code in (((), 0), (("--strict",), 1), (("--configuration-only", "--strict"), 1)):
        ended = run(*options)
        assert ended.exit_code == code
        assert ended.stdout.startswith("WARNING  broker 00000000191  idle: ")
        assert ended.stdout.endswith(": 0 errors, 1 warnings\n")


@pytest.mark.usefixtures("sound")
def test_nothing_wrong_is_one_line():
    """Nor with every option at once."""
    ended = run("--all", "--strict", *("--organization", world.ORGANIZATION) * 2)

    assert ended.output == "12 positions and 61 answers checked: 0 errors, 0 warnings\n"
    assert ended.exit_code == 0


@pytest.mark.usefixtures("broken")
def test_every_line_is_json_on_request():
    """Findings, then the figures."""
    ended = run("--json")
    *found, last = map(json.loads, ended.stdout.splitlines())

    assert {tuple(finding) for finding in found} == {("severity", "where", "rule", "what")}
    assert {finding["severity"] for finding in found} == {"ERROR", "WARNING"}
    assert last == {"positions": 23, "answers": 88, "errors": 6, "warnings": 1}
    assert ended.exit_code == 1


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("options", [(), ("--json",), ("--all",)])
def test_no_person_and_no_whole_number_is_printed(options: tuple[str, ...]):
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
def test_an_organization_that_is_not_registered_ends_with_2():
    """It may be misspelt."""
    ended = run("--organization", world.STRANGER)

    assert ended.exit_code == 2
    assert f"organization {world.STRANGER} is not registered" in ended.stderr


@pytest.mark.usefixtures("url")
def test_a_database_that_lags_behind_ends_with_2_and_the_way_out():
    """Before anything is read that is not there."""
    ended = run()

    assert ended.exit_code == 2
    assert "run `gpd-soap db upgrade`" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GPD_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x", "stopped: OperationalError"),
        ("GPD_DATABASE_URL", "mysql://x", "neither sqlite nor postgresql"),
        ("GPD_DATABSE_URL", "x", "there is no such setting"),
    ],
)
def test_what_cannot_be_asked_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
):
    """So that 1 always means that something was found."""
    monkeypatch.setenv(name, value)
    ended = run()

    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_terminal_sees_progress_and_the_report_stays_clean(broken: str):
    """The bar is on stderr alone."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "GPD_DATABASE_URL": broken, "TERM": "xterm"}
    command = [sys.executable, "-m", "gpd_soap", "check"]
    ended = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=theirs, text=True, check=False
    )
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    os.close(theirs)

    assert ended.returncode == 1
    assert "checking" in shown
    assert "100%" in shown
    assert "\x1b" not in ended.stdout


def test_it_explains_itself():
    """Options, exits, and the environment that it obeys."""
    told = run("--help").output

    for word in ("--organization", "--configuration-only", "--all", "--strict", "--json",
                 "code 0"):  # fmt: skip
        assert word in told
