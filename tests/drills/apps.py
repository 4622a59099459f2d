"""An app process that dies and comes back: `gpd-soap serve` under somebody who keeps it running."""

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

from tests.e2e.served import START_WITHIN, free_port

ROOT = Path(__file__).parents[2]
STOP_WITHIN = 25.0
#: A process that ended itself by a signal, as gunicorn logs it.
DEATH = re.compile(r"was sent SIG(?:SEGV|ABRT|BUS|ILL|FPE)")


class App:
    """A gunicorn master and its workers on two ports of their own, kept through every restart."""

    def __init__(
        self,
        database: str,
        log_file: Path,
        connect: Callable[[], requests.Session] = requests.Session,
        **variables: str,
    ) -> None:
        """`connect` makes a session that the node face lets in."""
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
        """Start, and return when it answers; a start that fails is tried again, as by systemd."""
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
        """The processes that answer, those of them that live: they have no children."""
        return [each for each in _below(self.master) if not _children(each)]

    @property
    def master(self) -> int:
        """The process that the others are children of."""
        assert self._process is not None, "not started"
        return self._process.pid

    def kill_master(self) -> list[int]:
        """`kill -9` of the master alone; the processes that it leaves."""
        assert self._process is not None, "not started"
        left = _below(self.master)
        self._process.kill()
        self._process.wait()
        return left

    def deaths(self) -> list[str]:
        """The workers that crashed, a line of the log each."""
        lines = self._log.read_text("utf-8", errors="replace").splitlines()
        return [line for line in lines if DEATH.search(line)]

    def kill(self) -> None:
        """`kill -9` of the master; then the workers, as systemd does with KillMode=mixed."""
        for each in self.kill_master():
            kill_process(each)

    def stop(self) -> None:
        """Stop in good order, by force if that takes too long."""
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
        """Return when both faces answer and the new process listens; fail where it ended."""
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline and process.poll() is None:
            # WHY: what answers may be a process from before; the log since then is the new one's.
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
    """The children of a process, theirs, and so on."""
    children = _children(process)
    return [*children, *(each for child in children for each in _below(child))]


def alive(process: int) -> bool:
    """Whether a process is there and has not ended; a zombie has."""
    try:
        return Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill_process(process: int) -> None:
    """`kill -9`, and no matter if it is dead already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
