"""gunicorn's configuration: reloads, listeners and signals."""

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gpd_soap.server.gunicorn import Program, Server
from gpd_soap.settings import Settings, SettingsError
from tests.e2e.served import STOP_WITHIN, running, wait_for
from tests.ports import free_port
from tests.waiting import until


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
from tests.e2e.served import STOP_WITHIN, running, wait_for
from tests.ports import free_port
from tests.waiting import until

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


CROWDED = """
import sys
from gpd_soap.server.gunicorn import Program, Server
from gpd_soap.server.worker import SPARE_CONNECTIONS
from gpd_soap.settings import Settings
from gpd_soap.wsgi.http import answer

address = sys.argv[1]
faces = {address: lambda environ, start_response: answer(start_response, "200 OK")}
server = Server(lambda: Program(Settings(workers=1), faces, int))
server.cfg.set("worker_connections", SPARE_CONNECTIONS + 4)
import logging
logging.basicConfig(level="INFO")
server.run()
"""


def answered(caller: http.client.HTTPConnection) -> int:
    """Status of the answer to a caller, who calls again if its connection was closed."""
    for _ in range(50):
        try:
            caller.request("GET", "/")
            response = caller.getresponse()
            response.read()
        except http.client.RemoteDisconnected:
            # WHY: a crowded worker closes silent connections first, which this one may be.
            caller.close()
        else:
            return response.status
    return 0


def test_crowded_worker_closes_idle_connections_for_new_ones(tmp_path: Path) -> None:
    """Each new caller is answered, by the same worker."""
    address, log_path = f"127.0.0.1:{free_port()}", tmp_path / "log"
    with running([sys.executable, "-c", CROWDED, address], log_path) as process:
        wait_for(f"http://{address}/", process, log_path)
        callers = [http.client.HTTPConnection(address, timeout=30) for _ in range(9)]
        statuses = [answered(each) for each in callers]
        for each in callers:
            each.close()
    text = log_path.read_text("utf-8")

    assert statuses == [200] * 9
    assert text.count("Booting worker") == 1
    assert "exited with code" not in text


WITHOUT_ROOM = """
import os, resource, sys
from gpd_soap.server.gunicorn import Program, Server
from gpd_soap.settings import Settings

def leave_no_room(worker):
    used = max(map(int, os.listdir("/proc/self/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used, used))

address = sys.argv[1]
server = Server(lambda: Program(Settings(workers=1), {address: lambda *_: []}, int))
server.cfg.set("post_worker_init", leave_no_room)
import logging
logging.basicConfig(level="INFO")
server.run()
"""


def test_worker_without_room_for_a_waiting_connection_stops_at_once(tmp_path: Path) -> None:
    """It does not try to accept the connection for as long as a drain may last."""
    port, log_path = free_port(), tmp_path / "log"
    command = [sys.executable, "-c", WITHOUT_ROOM, f"127.0.0.1:{port}"]
    with running(command, log_path) as process:
        until(lambda: "Booting worker" in log_path.read_text("utf-8"), "a worker")
        with socket.create_connection(("127.0.0.1", port), 10):
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            exit_code = process.wait(STOP_WITHIN)
    text = log_path.read_text("utf-8")

    assert exit_code == 0
    assert "SIGKILL" not in text
    assert text.count("Worker exiting") == 1
