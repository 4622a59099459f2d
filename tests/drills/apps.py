"""An app process for the drills: `gpd-soap serve`, which can be killed and started again."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests

from tests.e2e.served import START_WITHIN
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
STOP_WITHIN = 25.0
#: Gunicorn's log line for a worker that a signal of its own ended.
DEATH = re.compile(r"was sent SIG(?:SEGV|ABRT|BUS|ILL|FPE)")


class App:
    """A gunicorn master and its workers, on the same two ports after every restart."""

    def __init__(
        self,
        database: str,
        log_file: Path,
        connect: Callable[[], requests.Session] = requests.Session,
        **variables: str,
    ) -> None:
        """`connect` makes a session that the node face accepts."""
        node, admin = free_port(), free_port()
        scheme = "https" if "GPD_NODE_TLS_CERTIFICATE" in variables else "http"
        self.node, self.admin = f"{scheme}://127.0.0.1:{node}", f"http://127.0.0.1:{admin}"
        self._connect = connect
        settings = {
            "GPD_DATABASE_URL": database,
            "GPD_NODE_BIND": f"127.0.0.1:{node}",
            "GPD_ADMIN_BIND": f"127.0.0.1:{admin}",
            "GPD_WORKERS": "2",
        }
        ours = {k: v for k, v in os.environ.items() if not k.startswith("GPD_")}
        self._environment = {**ours, **settings, **variables}
        self._log = log_file
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when it answers; a failed start is tried again, as by systemd."""
        deadline = time.monotonic() + STOP_WITHIN
        while True:
            try:
                self._start()
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def workers(self) -> list[int]:
        """Return the ids of the living processes that answer: they have no children."""
        return [each for each in _below(self.master) if not _children(each)]

    @property
    def master(self) -> int:
        """The id of the process that is the parent of the others."""
        assert self._process is not None, "not started"
        return self._process.pid

    def kill_master(self) -> list[int]:
        """Kill the master alone with `kill -9`, and return the processes that it leaves."""
        assert self._process is not None, "not started"
        left = _below(self.master)
        self._process.kill()
        self._process.wait()
        return left

    def deaths(self) -> list[str]:
        """Return a line of the log for each worker that crashed."""
        lines = self._log.read_text("utf-8", errors="replace").splitlines()
        return [line for line in lines if DEATH.search(line)]

    def kill(self) -> None:
        """Kill the master with `kill -9`, then the workers, as systemd does with KillMode=mixed."""
        for each in self.kill_master():
            kill_process(each)

    def stop(self) -> None:
        """Stop the process, with `kill -9` if that takes too long."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()

    def _start(self) -> None:
        command = [sys.executable, "-m", "gpd_soap", "serve", "all"]
        logged = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=output, stderr=output
            )
        self._wait(self._process, logged)

    def _wait(self, process: subprocess.Popen[bytes], logged: int) -> None:
        """Return when both faces answer.  Raises AssertionError if the new process ended."""
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline and process.poll() is None:
            # WHY: an older process may answer; the rest of the log is the new one's.
            if b"Listening at" in self._log.read_bytes()[logged:] and self._answers():
                return
            time.sleep(0.02)
        if process.poll() is None:
            self.kill()
        raise AssertionError(self._log.read_text("utf-8", errors="replace")[-3000:])

    def _answers(self) -> bool:
        with contextlib.suppress(requests.RequestException), self._connect() as session:
            return all(
                session.get(f"{face}/health/live", timeout=2).ok for face in (self.node, self.admin)
            )
        return False


def _children(process: int) -> list[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(each) for each in children.split()]


def _below(process: int) -> list[int]:
    """Return the ids of a process's children, and of theirs, and so on."""
    children = _children(process)
    return [*children, *(each for child in children for each in _below(child))]


def alive(process: int) -> bool:
    """Return whether a process exists and has not ended, as a zombie has."""
    try:
        return Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill_process(process: int) -> None:
    """Send `kill -9` to a process, which may be dead already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
