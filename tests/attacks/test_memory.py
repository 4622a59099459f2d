"""Memory that cannot be given back: libxml2 keeps every name that it ever read."""

import sys
from pathlib import Path

import requests

from gpd_soap.server.worker import MEMORY_CHECK_INTERVAL
from tests.conftest import FreshDatabase
from tests.e2e.served import free_port, running, wait_for
from tests.e2e.test_served import VERIFY, XML, living
from tests.messages.build import envelope


def strange(number: int) -> bytes:
    """A message of names that no other has, nearly as large as may be."""
    return envelope("".join(f"<n{number}x{n}{'y' * 60}/>" for n in range(12_000))).encode()


def test_a_worker_that_was_filled_up_is_replaced(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Another takes its place, and nobody is refused meanwhile."""
    port, log = free_port(), tmp_path / "log"
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tests.attacks.growing"]
    command += [fresh_database("sqlite", living), str(port)]
    with running(command, log) as process:
        wait_for(f"{address}/health/live", process, log)
        statuses = {
            requests.post(f"{address}/partner", strange(n), headers=XML, timeout=30).status_code
            for n in range(2 * MEMORY_CHECK_INTERVAL)
        }
        after = requests.post(f"{address}/partner", VERIFY, headers=XML, timeout=30)

    said = log.read_text(encoding="utf-8")
    assert (statuses, after.status_code) == ({500}, 200)
    assert "it holds too much memory" in said
    assert said.count("Booting worker") >= 2
