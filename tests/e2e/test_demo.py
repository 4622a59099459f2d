"""The first thing that a newcomer does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update

from gpd_soap import demo
from gpd_soap.store import tables
from gpd_soap.store.access import keys
from gpd_soap.store.store import Store
from tests.e2e.served import free_port, running, wait_for

US = [sys.executable, "-m", "gpd_soap"]


def test_the_demo_is_started_and_a_notice_is_paid(tmp_path: Path) -> None:
    """Started, asked, paid and asked again, with nothing but the commands that it prints."""
    port, log = free_port(), tmp_path / "log"
    ports = ["--port", str(port), "--admin-port", str(free_port())]
    with running([*US, "demo", *ports], log) as process:
        wait_for(f"http://127.0.0.1:{port}/health/ready", process, log)
        printed = log.read_text(encoding="utf-8")
        steps = re.findall(r"^  .*? (node .*)$", printed, re.MULTILINE)
        said = [_run(step.split()) for step in [*steps, steps[0]]]

    assert len(steps) == 3
    for nav, what, answer in demo.describe():
        assert re.search(rf"{nav}  {re.escape(what)} +{answer}\n", printed)
    assert [code for code, _ in said] == [0, 0, 0, 1]
    assert "paSendRTV2             OK  receipt" in said[1][1]
    assert said[2][1].startswith("probe positive")
    assert "PAA_PAGAMENTO_DUPLICATO" in said[3][1]


def test_kept_demo_leaves_no_key_that_works(tmp_path: Path) -> None:
    """Neither a run that is stopped nor one that was killed before it leaves one behind."""
    kept = tmp_path / "kept.db"
    store = Store(f"sqlite:///{kept}")

    def working() -> list[bool]:
        with store.begin() as connection:
            return [key.revoked_at is None for key in keys.every(connection)]

    for number in (1, 2):
        port, log = free_port(), tmp_path / f"log{number}"
        ports = ["--port", str(port), "--admin-port", str(free_port())]
        with running([*US, "demo", *ports, "--keep", str(kept)], log) as process:
            wait_for(f"http://127.0.0.1:{port}/health/live", process, log)
            assert working() == [False] * (number - 1) + [True]
        assert working() == [False] * number
        with store.begin() as connection:
            # As a run leaves it that was killed.
            connection.execute(update(tables.api_key).values(revoked_at=None))
    store.close()


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    """The demo on a port in use ends by itself, and says which."""
    port, log = free_port(), tmp_path / "log"
    first = [*US, "demo", "--port", str(port), "--admin-port", str(free_port())]
    with running(first, log) as process:
        wait_for(f"http://127.0.0.1:{port}/health/live", process, log)
        second = subprocess.run(
            [*US, "demo", "--port", str(port), "--admin-port", str(free_port())],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert second.returncode != 0
    assert str(port) in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["serve"], "run `gpd-soap db upgrade`"),
        (["db", "check"], "run `gpd-soap db upgrade`"),
        (["serve", "everything"], "is not one of 'node', 'admin', 'all'"),
        (["served"], "No such command 'served'"),
        (["node", "verify", "123"], "expected 18 digits"),
        (["load", "nowhere.json"], "No such file"),
    ],
)
def test_a_mistake_is_told_in_words(command: list[str], said: str, tmp_path: Path) -> None:
    """Whatever is mistyped or forgotten gets a sentence, not a traceback."""
    done = subprocess.run(
        [*US, *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"GPD_DATABASE_URL": f"sqlite:///{tmp_path}/new.db", "PATH": "/usr/bin"},
        cwd=Path(__file__).parents[2],
    )

    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def _run(command: list[str]) -> tuple[int, str]:
    done = subprocess.run([*US, *command], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout
