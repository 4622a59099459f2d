"""What a reload may change, and what it may not."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from gpd_soap.server.gunicorn import Program, Server
from gpd_soap.settings import Settings, SettingsError
from tests.e2e.served import free_port


def nobody(_environ: dict[str, Any], _start_response: object) -> list[bytes]:
    """A face that is never asked."""
    return []


def programs(*binds: str) -> Iterator[Program]:
    """Programs of one face each, the next with one worker more."""
    for number, bind in enumerate(binds, 1):
        yield Program(Settings(workers=number), {bind: nobody}, int)


def test_a_reload_takes_the_new_program() -> None:
    """Workers and threads are what the settings say now."""
    coming = programs("127.0.0.1:8080", "127.0.0.1:8080")
    server = Server(lambda: next(coming))
    server.reload()

    assert server.cfg.workers == 2


def test_a_reload_binds_no_other_address() -> None:
    """One that is taken would stop the server, which answers where it is."""
    coming = programs("127.0.0.1:8080", "127.0.0.1:8090")
    server = Server(lambda: next(coming))
    server.reload()

    assert (server.cfg.workers, server.cfg.bind) == (1, ["127.0.0.1:8080"])


def test_two_faces_on_one_port_are_refused() -> None:
    """The listener decides the face, so there must be one for each."""
    faces = {"0.0.0.0:8080": nobody, "127.0.0.1:8080": nobody}

    with pytest.raises(SettingsError, match="a port of its own"):
        Server(lambda: Program(Settings(), faces, int))


LEAVES_AT_ONCE = """
import os, signal
from gpd_soap.server.gunicorn import Program, Server
from gpd_soap.settings import Settings
from tests.e2e.served import free_port

def leave_at_once(worker):
    # A worker that is told to leave before it has begun, and the third one stops the server.
    os.kill(os.getpid() if worker.age < 3 else os.getppid(), signal.SIGTERM)

address = "127.0.0.1:{port}"
faces = {address: lambda environ, start_response: []}
server = Server(lambda: Program(Settings(workers=1), faces, int))
server.cfg.set("post_worker_init", leave_at_once)
import logging
logging.basicConfig(level="INFO")
server.run()
"""


def test_worker_told_to_leave_before_it_began_leaves_in_good_order() -> None:
    """It ends with no failure, and the server starts the next."""
    program = LEAVES_AT_ONCE.replace("{port}", str(free_port()))
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert ended.stderr.count("Booting worker") == 3
    assert "exited with code" not in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.returncode == 0
