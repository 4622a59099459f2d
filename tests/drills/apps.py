"""An app process that dies and comes back: `gpd-soap serve` under somebody who keeps it running."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.served import free_port, wait_for

ROOT = Path(__file__).parents[2]
STOP_WITHIN = 25.0


class App:
    """A gunicorn master and its workers on two ports of their own, kept through every restart."""

    def __init__(self, database: str, log: Path, **variables: str) -> None:
        node, admin = free_port(), free_port()
        self.node, self.admin = f"http://127.0.0.1:{node}", f"http://127.0.0.1:{admin}"
        told = {
            "GPD_DATABASE_URL": database,
            "GPD_NODE_BIND": f"127.0.0.1:{node}",
            "GPD_ADMIN_BIND": f"127.0.0.1:{admin}",
            "GPD_WORKERS": "2",
        }
        ours = {k: v for k, v in os.environ.items() if not k.startswith("GPD_")}
        self._environment = {**ours, **told, **variables}
        self._log = log
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
        """The processes that answer, those of them that live."""
        master = self.master
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            children = Path(f"/proc/{master}/task/{master}/children").read_text("ascii")
            return [int(each) for each in children.split()]
        return []

    @property
    def master(self) -> int:
        """The process that the others are children of."""
        assert self._process is not None, "not started"
        return self._process.pid

    def kill(self) -> None:
        """`kill -9` of the master; then the workers, as systemd does with KillMode=mixed."""
        assert self._process is not None, "not started"
        workers = self.workers()
        self._process.kill()
        self._process.wait()
        for each in workers:
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
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        wait_for(f"{self.node}/health/live", self._process, self._log)


def kill_process(process: int) -> None:
    """`kill -9`, and no matter if it is dead already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
