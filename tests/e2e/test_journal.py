"""The journal of a deployed server, until its last exchange."""

import itertools
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from gpd_soap.store import tables
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import KINDS, FreshDatabase
from tests.e2e.served import running, wait_for
from tests.messages.build import claim, qr, soap_request
from tests.ports import free_port
from tests.waiting import until

CLIENTS = 6
#: Answers before the stop.
BEFORE_THE_STOP = 10 * CLIENTS


@pytest.mark.parametrize("kind", KINDS)
def test_stopped_server_has_a_journal_entry_for_every_answer(
    kind: str, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Two workers are stopped while they answer."""
    database, port, log_path = fresh_database(kind, world.prepare), free_port(), tmp_path / "log"
    address, serials = f"http://127.0.0.1:{port}", itertools.count(1000)
    environment = {
        "GPD_DATABASE_URL": database,
        "GPD_NODE_BIND": f"127.0.0.1:{port}",
        "GPD_WORKERS": "2",
    }

    answered: list[str] = []

    def keep_asking(_: int) -> None:
        """Verify one notice after another until the server is gone."""
        for serial in serials:
            message = soap_request(
                "paVerifyPaymentNotice", claim() + qr(world.nav(serial))
            ).encode()
            try:
                answer = requests.post(f"{address}/partner", message, timeout=180)
            except requests.ConnectionError:
                break
            if answer.status_code == 200:
                answered.append(world.nav(serial))

    command = [sys.executable, "-m", "gpd_soap", "serve", "node"]
    with running(command, log_path, **environment) as process, ThreadPoolExecutor(CLIENTS) as pool:
        wait_for(f"{address}/health/live", process, log_path)
        asking = pool.map(keep_asking, range(CLIENTS))
        until(lambda: len(answered) >= BEFORE_THE_STOP, "too few answers")
        os.kill(process.pid, signal.SIGTERM)
        assert [*asking] == [None] * CLIENTS

    stored = entries(database)
    assert set(answered) <= set(stored)
    assert len(stored) == len(set(stored))


def entries(database: str) -> list[str]:
    """Notice number of every entry."""
    store = Store(database)
    with store.begin() as connection:
        navs = list(connection.execute(select(tables.journal.c.nav)).scalars())
    store.close()
    return navs
