"""The program as it is deployed: a process, real sockets, a real database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests

from tests.ports import free_port

#: LIMIT: seconds after which a server that does not answer, or does not end, counts as hanging.
START_WITHIN = 180.0
STOP_WITHIN = 25.0
PROGRAM = (sys.executable, "-m", "gpd_soap")


@contextmanager
def running(
    command: list[str], log_path: Path, **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command with these variables; on leaving, end it by its id, killed if need be."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GPD_")}
    with (
        log_path.open("ab") as log_file,
        subprocess.Popen(
            command, env={**environment, **variables}, stdout=log_file, stderr=log_file
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


def wait_for(url: str, process: subprocess.Popen[bytes], log_path: Path) -> None:
    """Return when this URL answers; fail with the end of the log if the process ends.

    The log must say that this process listens, because another one may have been given its port.

    """
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(url, timeout=10)
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.05)
        else:
            if "Listening at" in log_path.read_text(encoding="utf-8"):
                return
            time.sleep(0.05)
    raise AssertionError(log_path.read_text(encoding="utf-8")[-3000:])


class Served(NamedTuple):
    """URL of the node face, and the process that serves it."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def started(
    face: str, database_url: str, log_path: Path, program: Sequence[str] = PROGRAM, **variables: str
) -> Iterator[Served]:
    """Run `gpd-soap serve` with two workers over a database."""
    port = free_port()
    command = [*program, "serve", face]
    environment = {
        "GPD_DATABASE_URL": database_url,
        "GPD_NODE_BIND": f"127.0.0.1:{port}",
        "GPD_ADMIN_BIND": f"127.0.0.1:{free_port()}",
        "GPD_WORKERS": "2",
        **variables,
    }
    with running(command, log_path, **environment) as process:
        wait_for(f"http://127.0.0.1:{port}/health/live", process, log_path)
        yield Served(f"http://127.0.0.1:{port}/partner", process)


@contextmanager
def serving(face: str, database_url: str, log_path: Path, **variables: str) -> Iterator[str]:
    """As `started`, but yield the URL of the node face alone."""
    with started(face, database_url, log_path, **variables) as served:
        yield served.url
