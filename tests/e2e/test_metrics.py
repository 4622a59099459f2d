"""Metrics of a deployed server: every scrape shows the sum over all workers, ended ones too."""

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
from tests.conftest import Databases
from tests.e2e.served import running, wait_for
from tests.e2e.test_admin import run_command
from tests.messages.build import claim, qr, soap_request
from tests.ports import free_port

VERIFY = soap_request("paVerifyPaymentNotice", claim() + qr(world.nav(1))).encode()
XML = {"Content-Type": "text/xml"}
WITHIN = 30.0


class Served(NamedTuple):
    """A server of both faces, with its log, its key and the folder of its files."""

    node: str
    admin: str
    key: str
    log_path: Path
    folder: Path

    def ask(self, times: int) -> None:
        """Verify a notice this many times, several at once."""
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self._verify(), range(times)))
        assert set(answers) == {200}

    def counted(self) -> set[float]:
        """Numbers of verifies that eight scrapes show."""
        return {self._scrape() for _ in range(8)}

    def workers(self) -> list[int]:
        """Ids of all workers that were ever started, in order."""
        return [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", self._log_text())]

    def end(self, worker: int, sent_signal: signal.Signals) -> None:
        """End a worker; return when another has replaced it."""
        before = len(self.workers())
        os.kill(worker, sent_signal)
        until(lambda: len(self.workers()) > before)
        until(lambda: not Path(f"/proc/{worker}").exists())

    def _verify(self) -> int:
        return requests.post(self.node, VERIFY, headers=XML, timeout=180).status_code

    def _scrape(self) -> float:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = requests.get(f"{self.admin}/metrics", headers=headers, timeout=180)
        assert answer.status_code == 200
        return sum(
            sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == "gpd_exchanges_total"
            and sample.labels["operation"] == "paVerifyPaymentNotice"
        )

    def _log_text(self) -> str:
        return self.log_path.read_text(encoding="utf-8")


def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; fails after WITHIN seconds."""
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of both faces with two workers."""
    _, database = databases.make("sqlite", world.prepare)
    log_path, folder = tmp_path_factory.mktemp("log") / "log", tmp_path_factory.mktemp("t")
    ports = [free_port() for _ in range(2)]
    made = run_command(
        "key", "create", "--name", "prometheus", "--role", "reader", "--organization", "*",
        database=database,
    )  # fmt: skip
    environment = {
        "GPD_DATABASE_URL": database,
        "GPD_NODE_BIND": f"127.0.0.1:{ports[0]}",
        "GPD_ADMIN_BIND": f"127.0.0.1:{ports[1]}",
        "GPD_WORKERS": "2",
        "TMPDIR": str(folder),
    }
    with running([sys.executable, "-m", "gpd_soap", "serve"], log_path, **environment) as process:
        node, admin = (f"http://127.0.0.1:{port}" for port in ports)
        wait_for(f"{node}/health/live", process, log_path)
        yield Served(f"{node}/partner", admin, made.split()[-1], log_path, folder)
    assert list(folder.iterdir()) == []


def test_metrics_sum_all_workers_and_survive_their_end(served: Served) -> None:
    """One worker is killed, and another ends in order."""
    served.ask(40)
    until(lambda: served.counted() == {40})

    served.end(served.workers()[0], signal.SIGKILL)
    assert served.counted() == {40}
    served.ask(20)
    served.end(served.workers()[1], signal.SIGTERM)
    until(lambda: served.counted() == {60})
    served.ask(10)
    until(lambda: served.counted() == {70})


def test_metrics_on_the_node_listener_are_404(served: Served) -> None:
    """A key for metrics does not change this."""
    url = f"{served.node.removesuffix('/partner')}/metrics"

    assert requests.get(url, headers={"X-Api-Key": served.key}, timeout=180).status_code == 404
