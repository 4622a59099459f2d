"""Who can connect to a real server: the kernel's own list of listening sockets decides."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests

from tests import world
from tests.conftest import FreshDatabase
from tests.e2e.served import PROGRAM, START_WITHIN, free_port, running, serving

#: The state of a listening socket, as /proc writes it.
LISTENING = "0A"
#: A name that is not written as a loopback address, though its socket is on loopback.
OTHER_NAME = "127.1"


def isolated(command: list[str]) -> list[str]:
    """Return the command in a network of its own, where this machine allows one."""
    within = [shutil.which("unshare") or "unshare", "--map-root-user", "--net", "sh", "-c"]
    up = "ip link set lo up && exec "
    tried = subprocess.run([*within, up + "true"], check=False, capture_output=True)
    return [*within, up + '"$@"', "sh", *command] if tried.returncode == 0 else command


def listening(pid: int) -> set[str]:
    """Return the addresses on which a process listens, `address:port`, as the kernel says."""
    opened = {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()[1:]:
            words = line.split()
            if words[3] == LISTENING and f"socket:[{words[9]}]" in opened:
                address, _, port = words[1].partition(":")
                groups = [bytes.fromhex(part)[::-1] for part in re.findall(".{8}", address)]
                found.add(f"{ip_address(b''.join(groups))}:{int(port, 16)}")
    return found


def await_line(log: Path, text: str, process: subprocess.Popen[bytes], times: int = 1) -> str:
    """Return the log once it has this text so often."""
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        if log.read_text("utf-8").count(text) >= times:
            break
        time.sleep(0.05)
    written = log.read_text("utf-8")
    assert written.count(text) >= times, written[-3000:]
    return written


def test_serve_without_settings_listens_on_loopback_alone(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Both faces are there, and no socket of theirs is on another address."""
    log = tmp_path / "log"
    database = fresh_database("sqlite", world.prepare)
    with running(isolated([*PROGRAM, "serve"]), log, GPD_DATABASE_URL=database) as process:
        await_line(log, "Listening at", process)
        found = listening(process.pid)

    assert found == {"127.0.0.1:8080", "127.0.0.1:8081"}


@pytest.mark.parametrize(("face", "bind"), [("node", "NODE"), ("admin", "ADMIN"), ("all", "NODE")])
def test_serve_on_every_address_without_protection_does_not_start(
    face: str, bind: str, fresh_database: FreshDatabase
) -> None:
    """It ends with one line that says what to do, and its hint."""
    told = {
        "PATH": os.environ["PATH"],
        "GPD_DATABASE_URL": fresh_database("sqlite", world.prepare),
        f"GPD_{bind}_BIND": f"0.0.0.0:{free_port()}",
    }
    done = subprocess.run(
        [*PROGRAM, "serve", face], env=told, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 1
    first, hint = done.stderr.splitlines()
    assert first.startswith(f"Error: GPD_{bind}_BIND: ")
    assert f"GPD_{bind}_OPEN=true" in first
    assert "help settings" in hint


def told_by_health(url: str) -> Mapping[str, str]:
    """Return what a face says of itself."""
    answered = requests.get(f"{url.removesuffix('/partner')}/health/ready", timeout=10)
    assert answered.status_code == 200
    facts: Mapping[str, str] = answered.json()
    return facts


def test_face_that_is_open_by_a_setting_says_so_at_start_and_in_health(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """It is served, warned of in the log, and told by that face's health without a failure."""
    log, database = tmp_path / "log", fresh_database("sqlite", world.prepare)
    admin = f"{OTHER_NAME}:{free_port()}"
    told = {
        "GPD_NODE_BIND": f"{OTHER_NAME}:{(port := free_port())}",
        "GPD_ADMIN_BIND": admin,
        "GPD_DATABASE_URL": database,
        "GPD_NODE_OPEN": "true",
        "GPD_ADMIN_OPEN": "true",
        "GPD_WORKERS": "1",
    }
    with running([*PROGRAM, "serve"], log, **told) as process:
        written = await_line(log, "Booting worker", process)
        node_facts, admin_facts = (
            told_by_health(f"http://{bind}") for bind in (f"127.0.0.1:{port}", admin)
        )

    assert "the node face is open to other machines" in written
    assert "the admin face is open to other machines" in written
    assert "mark a notice paid" in node_facts["node face"]
    assert "admin face" not in node_facts
    assert "clear text" in admin_facts["admin face"]


def test_loopback_face_says_nothing_of_it(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    """There is no warning where nothing is open."""
    log = tmp_path / "log"
    with serving("all", fresh_database("sqlite", world.prepare), log) as url:
        facts = told_by_health(url)

    assert "node face" not in facts
    assert "is open" not in log.read_text("utf-8")


def test_reload_that_would_open_a_face_is_refused(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """The server goes on as it was, and the log says why."""
    log, file = tmp_path / "log", tmp_path / "gpd.toml"
    port = free_port()
    file.write_text("node_open = true\n", "utf-8")
    told = {
        "GPD_CONFIG": str(file),
        "GPD_NODE_BIND": f"{OTHER_NAME}:{port}",
        "GPD_DATABASE_URL": fresh_database("sqlite", world.prepare),
        "GPD_WORKERS": "1",
    }
    with running([*PROGRAM, "serve", "node"], log, **told) as process:
        await_line(log, "Booting worker", process)
        file.write_text("", "utf-8")
        process.send_signal(signal.SIGHUP)
        written = await_line(log, "not reloaded, all stays as it was: GPD_NODE_BIND", process)
        facts = told_by_health(f"http://127.0.0.1:{port}")

    assert "GPD_NODE_OPEN=true" in written
    assert "node face" in facts
