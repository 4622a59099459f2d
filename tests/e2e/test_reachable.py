"""Addresses on which a real server listens, by the kernel's list of sockets."""

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
from tests.e2e.served import PROGRAM, START_WITHIN, running, serving
from tests.ports import free_port

#: State of a listening socket in /proc.
LISTENING = "0A"
#: A name that does not look like a loopback address, although its socket is on loopback.
OTHER_NAME = "127.1"


def isolated(command: list[str]) -> list[str]:
    """The command in a network namespace of its own, where the machine allows one."""
    within = [shutil.which("unshare") or "unshare", "--map-root-user", "--net", "sh", "-c"]
    up = "ip link set lo up && exec "
    probe = subprocess.run([*within, up + "true"], check=False, capture_output=True)
    return [*within, up + '"$@"', "sh", *command] if probe.returncode == 0 else command


def listening(pid: int) -> set[str]:
    """Addresses on which a process listens, as `address:port`."""
    opened = {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
    addresses = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()[1:]:
            columns = line.split()
            if columns[3] == LISTENING and f"socket:[{columns[9]}]" in opened:
                address, _, port = columns[1].partition(":")
                groups = [bytes.fromhex(part)[::-1] for part in re.findall(".{8}", address)]
                addresses.add(f"{ip_address(b''.join(groups))}:{int(port, 16)}")
    return addresses


def await_line(log_path: Path, text: str, process: subprocess.Popen[bytes], times: int = 1) -> str:
    """Return the log once it has this text `times` times; fails if the process ends before."""
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        if log_path.read_text("utf-8").count(text) >= times:
            break
        time.sleep(0.05)
    log_text = log_path.read_text("utf-8")
    assert log_text.count(text) >= times, log_text[-3000:]
    return log_text


def test_serve_without_settings_listens_on_loopback_alone(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Both faces listen, and no socket is on another address."""
    log_path = tmp_path / "log"
    database = fresh_database("sqlite", world.prepare)
    with running(isolated([*PROGRAM, "serve"]), log_path, GPD_DATABASE_URL=database) as process:
        await_line(log_path, "Listening at", process)
        addresses = listening(process.pid)

    assert addresses == {"127.0.0.1:8080", "127.0.0.1:8081"}


@pytest.mark.parametrize(("face", "bind"), [("node", "NODE"), ("admin", "ADMIN"), ("all", "NODE")])
def test_serve_on_every_address_without_protection_does_not_start(
    face: str, bind: str, fresh_database: FreshDatabase
) -> None:
    """The error names the setting that allows it, and names the help."""
    environment = {
        "PATH": os.environ["PATH"],
        "GPD_DATABASE_URL": fresh_database("sqlite", world.prepare),
        f"GPD_{bind}_BIND": f"0.0.0.0:{free_port()}",
    }
    done = subprocess.run(
        [*PROGRAM, "serve", face],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert done.returncode == 1
    [first] = done.stderr.splitlines()
    assert first.startswith(f"Error: GPD_{bind}_BIND: ")
    assert f"GPD_{bind}_OPEN=true" in first
    assert "help settings" in first


def health_facts(url: str) -> Mapping[str, str]:
    """Body of a face's readiness."""
    answered = requests.get(f"{url.removesuffix('/partner')}/health/ready", timeout=180)
    assert answered.status_code == 200
    facts: Mapping[str, str] = answered.json()
    return facts


def test_face_opened_by_a_setting_warns_in_log_and_health(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """It is served, and its readiness is no failure."""
    log_path, database = tmp_path / "log", fresh_database("sqlite", world.prepare)
    admin = f"{OTHER_NAME}:{free_port()}"
    environment = {
        "GPD_NODE_BIND": f"{OTHER_NAME}:{(port := free_port())}",
        "GPD_ADMIN_BIND": admin,
        "GPD_DATABASE_URL": database,
        "GPD_NODE_OPEN": "true",
        "GPD_ADMIN_OPEN": "true",
        "GPD_WORKERS": "1",
    }
    with running([*PROGRAM, "serve"], log_path, **environment) as process:
        log_text = await_line(log_path, "Booting worker", process)
        node_facts, admin_facts = (
            health_facts(f"http://{bind}") for bind in (f"127.0.0.1:{port}", admin)
        )

    assert "the node face is open to other machines" in log_text
    assert "the admin face is open to other machines" in log_text
    assert "mark a notice paid" in node_facts["node face"]
    assert "admin face" not in node_facts
    assert "clear text" in admin_facts["admin face"]


def test_loopback_face_has_no_warning_of_an_open_face(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Neither the log nor the readiness has one."""
    log_path = tmp_path / "log"
    with serving("all", fresh_database("sqlite", world.prepare), log_path) as url:
        facts = health_facts(url)

    assert "node face" not in facts
    assert "is open" not in log_path.read_text("utf-8")


def test_reload_that_would_open_a_face_is_refused(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """The server goes on with its old settings, and the log names the setting."""
    log_path, file = tmp_path / "log", tmp_path / "gpd.toml"
    port = free_port()
    file.write_text("node_open = true\n", "utf-8")
    environment = {
        "GPD_CONFIG": str(file),
        "GPD_NODE_BIND": f"{OTHER_NAME}:{port}",
        "GPD_DATABASE_URL": fresh_database("sqlite", world.prepare),
        "GPD_WORKERS": "1",
    }
    with running([*PROGRAM, "serve", "node"], log_path, **environment) as process:
        await_line(log_path, "Booting worker", process)
        file.write_text("", "utf-8")
        process.send_signal(signal.SIGHUP)
        log_text = await_line(log_path, "not reloaded, all stays as it was: GPD_NODE_BIND", process)
        facts = health_facts(f"http://127.0.0.1:{port}")

    assert "GPD_NODE_OPEN=true" in log_text
    assert "node face" in facts
