"""Running the program as it is deployed: a process of its own, real sockets, a real database."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests

START_WITHIN = 90.0
STOP_WITHIN = 25.0
PROGRAM = (sys.executable, "-m", "gpd_soap")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], log: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours with these variables; ended by its own id, in good order if it can."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GPD_")}
    with (
        log.open("ab") as written,
        subprocess.Popen(
            command, env={**environment, **variables}, stdout=written, stderr=written
        ) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when this address answers; fail with the log where the process does not live.

    What answers must be this process: its log says that it listens, and not only another's that
    was given the same port a moment ago.
    """
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(url, timeout=10)
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.05)
        else:
            if "Listening at" in log.read_text(encoding="utf-8"):
                return
            time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8")[-3000:])


class Served(NamedTuple):
    """The node face's address, and the process to send signals to."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def started(
    face: str, database_url: str, log: Path, program: Sequence[str] = PROGRAM, **variables: str
) -> Iterator[Served]:
    """`gpd-soap serve` with two workers over a database."""
    port = free_port()
    command = [*program, "serve", face]
    told = {
        "GPD_DATABASE_URL": database_url,
        "GPD_NODE_BIND": f"127.0.0.1:{port}",
        "GPD_ADMIN_BIND": f"127.0.0.1:{free_port()}",
        "GPD_WORKERS": "2",
        **variables,
    }
    with running(command, log, **told) as process:
        wait_for(f"http://127.0.0.1:{port}/health/live", process, log)
        yield Served(f"http://127.0.0.1:{port}/partner", process)


@contextmanager
def serving(face: str, database_url: str, log: Path, **variables: str) -> Iterator[str]:
    """The same, where no signal is sent; the node face's address."""
    with started(face, database_url, log, **variables) as served:
        yield served.url
