"""A killed load is repeated, and the result is as without the kill."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gpd_soap.store.store import Store
from gpd_soap.usecases.loading.load import BATCH
from tests.conftest import KINDS, FreshDatabase, migrated
from tests.usecases.loading.samples import (
    CONFIGURATION,
    load_document,
    stored_numbers,
    valid,
)
from tests.validation.bodies import option

PATIENCE = 60.0
LINES = [
    json.dumps(valid(number, paymentOption=[option(number, iuv=None)])).encode() + b"\n"
    for number in range(1, BATCH + 10)
]


@pytest.fixture(params=KINDS)
def ready(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> str:
    """Return a database with the organization."""
    url = fresh_database(request.param, migrated)
    store = Store(url)
    load_document(store, CONFIGURATION)
    store.close()
    return url


def start(url: str, *options: str) -> subprocess.Popen[bytes]:
    """Start a load of what is written to its standard input."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GPD_")}
    return subprocess.Popen(
        [sys.executable, "-m", "gpd_soap", "load", "-", "--format", "ndjson", *options],
        env={**environment, "GPD_DATABASE_URL": url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def kill_at_work(process: subprocess.Popen[bytes], lines: list[bytes], report: Path) -> None:
    """Kill it with SIGKILL while it waits for input, after its first batch is reported."""
    assert process.stdin is not None
    process.stdin.write(b"".join(lines))
    process.stdin.flush()
    deadline = time.monotonic() + PATIENCE
    while not report.exists() or report.read_bytes().count(b"\n") < BATCH // 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.communicate()


def test_killed_load_can_be_repeated(ready: str, tmp_path: Path):
    """Reported positions are stored with their numbers; the rest is loaded, and nothing twice."""
    report = tmp_path / "report.csv"
    kill_at_work(start(ready, "--keep-going", "--report", str(report)), LINES[: BATCH + 5], report)
    store = Store(ready)
    before = stored_numbers(store)
    content = {
        nav for line in report.read_text().splitlines()[1:-1] for nav in line.split(",")[3:4]
    }
    process = start(ready, "--keep-going")
    output, _ = process.communicate(b"".join(LINES), timeout=PATIENCE)
    after = stored_numbers(store)
    store.close()

    assert len(before) == BATCH
    assert content < {nav for navs in before.values() for nav in navs}
    assert f"9 loaded, {BATCH} already there, 0 refused" in output.decode()
    assert process.returncode == 0
    assert len(after) == len({nav for navs in after.values() for nav in navs}) == len(LINES)
    assert before.items() <= after.items()
