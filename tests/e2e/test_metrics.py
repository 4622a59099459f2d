"""Metrics as deployed: what two workers count adds up, whichever is asked, and survives them."""

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests import world
from tests.conftest import FreshDatabase
from tests.e2e.served import free_port, running, wait_for
from tests.e2e.test_admin import us
from tests.messages.build import asked, claim, qr

VERIFY = asked("paVerifyPaymentNotice", claim() + qr(world.nav(1))).encode()
XML = {"Content-Type": "text/xml"}
PATIENCE = 30.0


class Served(NamedTuple):
    """A server with both faces, its log, its key, and where it may leave files."""

    node: str
    admin: str
    key: str
    log: Path
    folder: Path

    def ask(self, times: int) -> None:
        """Verify a notice so often, several at once."""
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self._verify(), range(times)))
        assert set(answers) == {200}

    def counted(self) -> set[float]:
        """How many verifies there were, as several scrapes tell it; the workers share them."""
        return {self._scrape() for _ in range(8)}

    def workers(self) -> list[int]:
        """Every worker that was ever started, in that order."""
        return [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", self._said())]

    def end(self, worker: int, how: signal.Signals) -> None:
        """End a worker, and return when another has taken its place."""
        before = len(self.workers())
        os.kill(worker, how)
        until(lambda: len(self.workers()) > before)
        until(lambda: not Path(f"/proc/{worker}").exists())

    def _verify(self) -> int:
        return requests.post(self.node, VERIFY, headers=XML, timeout=10).status_code

    def _scrape(self) -> float:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = requests.get(f"{self.admin}/metrics", headers=headers, timeout=10)
        assert answer.status_code == 200
        return sum(
            sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == "gpd_exchanges_total"
            and sample.labels["operation"] == "paVerifyPaymentNotice"
        )

    def _said(self) -> str:
        return self.log.read_text(encoding="utf-8")


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def served(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Served]:
    """A server of both faces with two workers."""
    database, log, folder = (
        fresh_database("sqlite", world.prepare),
        tmp_path / "log",
        tmp_path / "t",
    )
    folder.mkdir()
    ports = [free_port() for _ in range(2)]
    made = us(
        "key", "create", "--name", "prometheus", "--role", "reader", "--organization", "*",
        database=database,
    )  # fmt: skip
    told = {
        "GPD_DATABASE_URL": database,
        "GPD_NODE_BIND": f"127.0.0.1:{ports[0]}",
        "GPD_ADMIN_BIND": f"127.0.0.1:{ports[1]}",
        "GPD_WORKERS": "2",
        "TMPDIR": str(folder),
    }
    with running([sys.executable, "-m", "gpd_soap", "serve"], log, **told) as process:
        node, admin = (f"http://127.0.0.1:{port}" for port in ports)
        wait_for(f"{node}/health/live", process, log)
        yield Served(f"{node}/partner", admin, made.split()[-1], log, folder)
    assert list(folder.iterdir()) == []


def test_what_workers_count_adds_up_and_outlives_them(served: Served) -> None:
    """Over two workers, over one that is killed, and over one that leaves in good order."""
    served.ask(40)
    until(lambda: served.counted() == {40})

    served.end(served.workers()[0], signal.SIGKILL)
    assert served.counted() == {40}
    served.ask(20)
    served.end(served.workers()[1], signal.SIGTERM)
    until(lambda: served.counted() == {60})
    served.ask(10)
    until(lambda: served.counted() == {70})


def test_the_node_listener_has_no_metrics(served: Served) -> None:
    """Not for the key that they are for."""
    where = f"{served.node.removesuffix('/partner')}/metrics"

    assert requests.get(where, headers={"X-Api-Key": served.key}, timeout=10).status_code == 404
