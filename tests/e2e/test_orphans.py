"""Workers of a killed master leave the port, and finish the requests that they have begun."""

import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import requests
from sqlalchemy import text

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.drills.apps import alive
from tests.e2e.load import OK
from tests.e2e.served import PROGRAM, Served, running, wait_for
from tests.e2e.test_metrics import until
from tests.e2e.test_served import RECEIPT, VERIFY, XML, living
from tests.ports import free_port

SENDERS = 4


@contextmanager
def kept_alive(url: str) -> Iterator[Counter[int | str]]:
    """Run callers that verify over one connection each until it is closed; count how each ends."""
    ends: Counter[int | str] = Counter()
    enough = threading.Event()

    def keep_verifying() -> None:
        with requests.Session() as session, suppress(requests.ConnectionError):
            while not enough.is_set():
                ends[session.post(url, VERIFY, headers=XML, timeout=180).status_code] += 1

    senders = [threading.Thread(target=keep_verifying) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        yield ends
    finally:
        enough.set()
        for sender in senders:
            sender.join()


def children(master: int) -> list[int]:
    """Ids of the workers of a master."""
    children_ids = Path(f"/proc/{master}/task/{master}/children").read_text("ascii")
    return [int(child) for child in children_ids.split()]


def is_free(url: str) -> bool:
    """Return True if nothing listens on the URL's port."""
    parts = urlsplit(url)
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((str(parts.hostname), parts.port))
        except OSError:
            return False
        return True


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and wait for its end."""
    process.send_signal(signal.SIGKILL)
    process.wait()


@contextmanager
def master(
    face: str, database: str, log_path: Path, port: int, **variables: str
) -> Iterator[Served]:
    """Serve with two node workers on a port chosen by the test."""
    environment = {
        "GPD_DATABASE_URL": database,
        "GPD_NODE_BIND": f"127.0.0.1:{port}",
        "GPD_ADMIN_BIND": f"127.0.0.1:{free_port()}",
        "GPD_WORKERS": "2",
        **variables,
    }
    with running([*PROGRAM, "serve", face], log_path, **environment) as process:
        wait_for(f"http://127.0.0.1:{port}/health/live", process, log_path)
        until(lambda: log_path.read_text("utf-8").count("Booting worker") >= 2)
        yield Served(f"http://127.0.0.1:{port}/partner", process)


def test_port_of_a_killed_master_is_free_and_its_successor_answers(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Callers with busy connections do not hold the port, and get whole answers."""
    database, port = fresh_database("sqlite", living), free_port()
    with master("all", database, tmp_path / "first", port) as first, kept_alive(first.url) as ends:
        until(lambda: ends[200] > 10 * SENDERS)
        workers = children(first.process.pid)
        kill(first.process)
        # LIMIT: 10 seconds; a worker that kept the port would hold it for DRAIN_SECONDS.
        deadline = time.monotonic() + DRAIN_SECONDS / 2
        while not is_free(first.url):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with master("all", database, tmp_path / "second", port) as second:
            answers = {
                requests.post(second.url, VERIFY, headers=XML, timeout=180).status_code
                for _ in range(20)
            }
        until(lambda: not any(map(alive, workers)))

    assert answers == {200}
    assert set(ends) == {200}


def test_receipt_under_way_when_the_master_is_killed_is_answered(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """The worker accepts no other request."""
    database, port = fresh_database("postgresql", living), free_port()
    store = Store(database)
    answers: list[bytes] = []

    def send() -> None:
        answers.append(requests.post(first.url, RECEIPT, headers=XML, timeout=180).content)

    with master("node", database, tmp_path / "log", port) as first:
        workers = children(first.process.pid)
        sender = threading.Thread(target=send)
        with store.begin() as holding:
            holding.execute(text("SELECT 1 FROM payment_option WHERE iupd = 'SINGLE' FOR UPDATE"))
            sender.start()
            until(lambda: waits_for_lock(database))
            kill(first.process)
            until(lambda: is_free(first.url))
        sender.join()
        until(lambda: not any(map(alive, workers)))
    store.close()

    assert OK in answers[0]


def waits_for_lock(database: str) -> bool:
    """Return True if a session waits for a lock."""
    store = Store(database)
    try:
        with store.begin() as connection:
            waiting = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            )
            return bool(connection.execute(waiting).scalar_one())
    finally:
        store.close()


def test_idle_workers_of_a_killed_master_end(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    """The workers of both faces end, although no request wakes them."""
    database, port = fresh_database("sqlite", living), free_port()
    with master("all", database, tmp_path / "log", port) as served:
        until(lambda: len(children(served.process.pid)) == 3)
        workers = children(served.process.pid)
        kill(served.process)
        until(lambda: not any(map(alive, workers)))

    assert is_free(served.url)
