"""The back offices of the READMEs have ten lines each, and write a payment once."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from gpd_soap.usecases.envelope import CONTENT_TYPE
from tests.drills.followers import READING, RECEIVING, program, tables
from tests.ports import free_port
from tests.waiting import until

SECRET = "whsec_" + "A" * 32
PAYMENT = (
    '{"data": {"receiptId": "r-1", "nav": "301000000000000112", "amount": 1000, "pays": true}}'
)
OTHER = '{"data": {"case": "r-2", "by": "key_1"}}'


@pytest.mark.parametrize("readme", [READING, RECEIVING])
def test_back_office_has_ten_lines_beside_its_imports(readme: str):
    """Blank lines are no lines either; each is as wide as ours."""
    lines = [line for line in program(readme).splitlines() if line]

    assert len([line for line in lines if not line.startswith(("import ", "from "))]) <= 10
    assert all(len(line) <= 100 for line in lines)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Yields the address of the program of the README, and its database."""
    file, port = tmp_path / "office.db", free_port()
    with closing(sqlite3.connect(file)) as mine:
        mine.executescript(tables())
    command = [sys.executable, "-c", program(RECEIVING), str(port), SECRET, str(file)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}/"
        try:
            until(lambda: _answers(address), "the receiver answers")
            yield address, file
        finally:
            process.terminate()


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).status_code > 0
    except requests.ConnectionError:
        return False


def send(address: str, body: str, secret: str = SECRET) -> int:
    """Returns the status of the answer to a signed event."""
    now = datetime.now(UTC)
    headers = {
        "Content-Type": CONTENT_TYPE,
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("evt_1", now, body),
    }
    return requests.post(address, body, headers=headers, timeout=5).status_code


def test_payment_that_comes_twice_is_written_once(receiver: tuple[str, Path]):
    """An event without a payment is taken too, and one that another signed is not."""
    address, file = receiver
    taken = [send(address, body) for body in (PAYMENT, OTHER, PAYMENT)]
    forged = send(address, PAYMENT.replace("r-1", "r-3"), SECRET.replace("A", "B"))
    with closing(sqlite3.connect(file)) as mine:
        rows = mine.execute("SELECT * FROM payment").fetchall()

    assert taken == [204, 204, 204]
    assert forged >= 400
    assert rows == [("r-1", "301000000000000112", 1000)]
