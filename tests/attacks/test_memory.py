"""Memory that cannot be freed: libxml2 keeps every name that it has read."""

import sys
from pathlib import Path

import requests

from gpd_soap.server.worker import MEMORY_CHECK_INTERVAL
from tests.conftest import FreshDatabase
from tests.e2e.served import running, wait_for
from tests.e2e.test_served import VERIFY, XML, living
from tests.messages.build import envelope
from tests.ports import free_port


def message_of_new_names(number: int) -> bytes:
    """A message of element names that occur in no other message, nearly as large as allowed."""
    return envelope("".join(f"<n{number}x{n}{'y' * 60}/>" for n in range(12_000))).encode()


def test_worker_above_its_memory_limit_is_replaced_without_a_refused_request(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Messages of new names fill the memory of the first worker."""
    port, log_path = free_port(), tmp_path / "log"
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tests.attacks.growing"]
    command += [fresh_database("sqlite", living), str(port)]
    with running(command, log_path) as process:
        wait_for(f"{address}/health/live", process, log_path)
        statuses = {
            requests.post(
                f"{address}/partner", message_of_new_names(n), headers=XML, timeout=30
            ).status_code
            for n in range(2 * MEMORY_CHECK_INTERVAL)
        }
        after = requests.post(f"{address}/partner", VERIFY, headers=XML, timeout=30)

    log_text = log_path.read_text(encoding="utf-8")
    assert (statuses, after.status_code) == ({500}, 200)
    assert "it holds too much memory" in log_text
    assert log_text.count("Booting worker") >= 2
