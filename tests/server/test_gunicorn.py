"""gunicorn's configuration: reloads, listeners and signals."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from gpd_soap.server.gunicorn import Program, Server
from gpd_soap.settings import Settings, SettingsError
from tests.e2e.served import free_port


def unused(_environ: dict[str, Any], _start_response: object) -> list[bytes]:
    """A face that gets no request."""
    return []


def programs(*binds: str) -> Iterator[Program]:
    """Programs of one face each; each has one worker more than the one before."""
    for number, bind in enumerate(binds, 1):
        yield Program(Settings(workers=number), {bind: unused}, int)


def test_reload_uses_the_new_settings() -> None:
    """The number of workers is the new one."""
    coming = programs("127.0.0.1:8080", "127.0.0.1:8080")
    server = Server(lambda: next(coming))
    server.reload()

    assert server.cfg.workers == 2


def test_reload_keeps_the_old_address() -> None:
    """A new address might be in use, which would stop the server."""
    coming = programs("127.0.0.1:8080", "127.0.0.1:8090")
    server = Server(lambda: next(coming))
    server.reload()

    assert (server.cfg.workers, server.cfg.bind) == (1, ["127.0.0.1:8080"])


def test_two_faces_on_one_port_are_refused() -> None:
    """The listener decides the face, so each face needs its own."""
    faces = {"0.0.0.0:8080": unused, "127.0.0.1:8080": unused}

    with pytest.raises(SettingsError, match="a port of its own"):
        Server(lambda: Program(Settings(), faces, int))


LEAVES_AT_ONCE = """
import os, signal
from gpd_soap.server.gunicorn import Program, Server
from gpd_soap.settings import Settings
from tests.e2e.served import free_port

def leave_at_once(worker):
    # The first two workers get SIGTERM before their first turn; the third stops the server.
    os.kill(os.getpid() if worker.age < 3 else os.getppid(), signal.SIGTERM)

address = "127.0.0.1:{port}"
faces = {address: lambda environ, start_response: []}
server = Server(lambda: Program(Settings(workers=1), faces, int))
server.cfg.set("post_worker_init", leave_at_once)
import logging
logging.basicConfig(level="INFO")
server.run()
"""


def test_worker_stopped_before_its_first_turn_ends_without_failure() -> None:
    """The server starts the next worker."""
    program = LEAVES_AT_ONCE.replace("{port}", str(free_port()))
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert ended.stderr.count("Booting worker") == 3
    assert "exited with code" not in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.returncode == 0
