"""The demo and the error texts that a newcomer sees first."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy.exc import SQLAlchemyError

from gpd_soap import demo
from gpd_soap.cli.demo import KEY_HOURS
from gpd_soap.cli.main import main
from gpd_soap.store.access.keys import Key
from gpd_soap.store.database.transaction import Unavailable
from gpd_soap.store.store import Store
from gpd_soap.usecases.access.keys import Keys
from tests.e2e.served import running, wait_for
from tests.ports import free_port
from tests.waiting import until

COMMAND = [sys.executable, "-m", "gpd_soap"]


def test_commands_that_the_demo_prints_verify_and_pay_a_notice(tmp_path: Path) -> None:
    """A second verify of the notice says that it is paid."""
    port, log_path = free_port(), tmp_path / "log"
    ports = ["--port", str(port), "--admin-port", str(free_port())]
    with running([*COMMAND, "demo", *ports], log_path) as process:
        wait_for(f"http://127.0.0.1:{port}/health/ready", process, log_path)
        printed = log_path.read_text(encoding="utf-8")
        steps = re.findall(r"^  .*? (node .*)$", printed, re.MULTILINE)
        results = [_run(steps[0].split()), *map(_invoke, [*steps[1:], steps[0]])]

    assert len(steps) == 3
    for nav, what, answer in demo.describe():
        assert re.search(rf"{nav}  {re.escape(what)} +{answer}\n", printed)
    assert [code for code, _ in results] == [0, 0, 0, 1]
    assert "paSendRTV2             OK  receipt" in results[1][1]
    assert results[2][1].startswith("probe positive")
    assert "PAA_PAGAMENTO_DUPLICATO" in results[3][1]


class Run(NamedTuple):
    """A run of the demo over a database that it keeps."""

    process: subprocess.Popen[bytes]
    admin: str
    log_path: Path


@contextmanager
def running_demo(file: Path) -> Iterator[Run]:
    """Run the demo over this database until the test ends it."""
    port, admin_port, log_path = free_port(), free_port(), file.with_suffix(f".{free_port()}")
    ports = ["--port", str(port), "--admin-port", str(admin_port), "--keep", str(file)]
    with running([*COMMAND, "demo", *ports], log_path) as process:
        wait_for(f"http://127.0.0.1:{admin_port}/health/live", process, log_path)
        yield Run(process, f"http://127.0.0.1:{admin_port}", log_path)


def test_demo_that_keeps_its_database_leaves_no_way_in(tmp_path: Path) -> None:
    """A run revokes its key, and that of a killed run; its link signs in once, until it ends."""
    file = tmp_path / "kept.db"
    store = Store(f"sqlite:///{file}")

    def active_keys() -> list[Key]:
        return [key for key in Keys(store).every() if key.revoked_at is None]

    with running_demo(file) as run:
        cookie = _enter_once(run)
        assert len(active_keys()) == 1
        run.process.send_signal(signal.SIGTERM)
        run.process.wait(60)
    assert active_keys() == []

    with running_demo(file) as run:
        assert "Operatore di prova" not in _me(run.admin, cookie)
        [key] = active_keys()
        run.process.kill()
        run.process.wait(60)
    assert active_keys() == [key]
    assert not key.has_expired(key.created_at + timedelta(hours=KEY_HOURS - 1))
    assert key.has_expired(key.created_at + timedelta(hours=KEY_HOURS))

    with running_demo(file) as run:
        assert [each.id for each in active_keys()] != [key.id]
        assert len(active_keys()) == 1
        run.process.send_signal(signal.SIGINT)
        run.process.wait(60)
    assert active_keys() == []
    assert len(Keys(store).every()) == 3
    store.close()


def _enter_once(run: Run) -> dict[str, str]:
    """Sign in by the link that the demo printed, which works once; return the cookie."""
    ours = {"Sec-Fetch-Site": "same-origin"}
    [link] = re.findall(r"http://\S+/console/demo/\S+", run.log_path.read_text("utf-8"))
    assert requests.get(run.admin, timeout=180).url.startswith(f"{run.admin}/console/sign-in")
    entered = requests.post(link, headers=ours, timeout=180, allow_redirects=False)
    # WHY: the library sends a Secure cookie over TLS alone, unlike a browser on loopback.
    cookie = {"Cookie": entered.headers["Set-Cookie"].partition(";")[0]}
    assert "Operatore di prova" in _me(run.admin, cookie)
    assert requests.post(link, headers=ours, timeout=180).status_code == 404
    return cookie


def _me(admin: str, cookie: dict[str, str]) -> str:
    """The operator's own page, or the page that asks to sign in."""
    return requests.get(f"{admin}/console/me", headers=cookie, timeout=180).text


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_demo_that_is_stopped_at_its_start_leaves_no_active_key(
    tmp_path: Path, stop: signal.Signals
) -> None:
    """The signal comes as soon as the key is stored, before the server handles it."""
    file, log_path = tmp_path / "kept.db", tmp_path / "log"
    store = Store(f"sqlite:///{file}")

    def made() -> list[Key]:
        try:
            return Keys(store).every()
        except (SQLAlchemyError, Unavailable):
            return []

    ports = ["--port", str(free_port()), "--admin-port", str(free_port())]
    with running([*COMMAND, "demo", *ports, "--keep", str(file)], log_path) as process:
        until(made, "a key")
        process.send_signal(stop)
        process.wait(60)
    revoked = [key.revoked_at is not None for key in made()]
    store.close()

    assert revoked == [True]


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (["db", "check"], "run `gpd-soap db upgrade`"),
        (["serve", "everything"], "is not one of 'node', 'admin', 'all'"),
        (["served"], "No such command 'served'"),
        (["node", "verify", "123"], "expected 18 digits"),
        (["load", "nowhere.json"], "No such file"),
    ],
)
def test_mistyped_command_exits_with_a_sentence(
    command: list[str], text: str, tmp_path: Path
) -> None:
    """The command does not end with an exception of Python."""
    variables = {"GPD_DATABASE_URL": f"sqlite:///{tmp_path}/new.db"}

    done = CliRunner().invoke(main, command, env=variables)

    assert isinstance(done.exception, SystemExit)
    assert done.exit_code in (1, 2)
    assert text in done.stderr


def test_number_is_taken_as_the_paper_shows_it() -> None:
    """It is in groups of four; the missing server is the only error."""
    nowhere = "http://127.0.0.1:9/partner"
    done = CliRunner().invoke(main, ["node", "verify", "3470 0000 0000 0010 33", "--url", nowhere])

    assert done.exit_code == 1
    assert "Connection refused" in done.output


def test_server_over_an_empty_database_exits_with_a_sentence(tmp_path: Path) -> None:
    """Standard error has no traceback."""
    done = subprocess.run(
        [*COMMAND, "serve"],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env={"GPD_DATABASE_URL": f"sqlite:///{tmp_path}/new.db", "PATH": "/usr/bin"},
        cwd=Path(__file__).parents[2],
    )

    assert done.returncode == 1
    assert "run `gpd-soap db upgrade`" in done.stderr
    assert "Traceback" not in done.stderr


def _invoke(command: str) -> tuple[int, str]:
    """Exit code and output of a command in this process."""
    done = CliRunner().invoke(main, command.split())
    return done.exit_code, done.stdout


def _run(command: list[str]) -> tuple[int, str]:
    """Exit code and output of a command in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *command], capture_output=True, text=True, timeout=180, check=False
    )
    return done.returncode, done.stdout
