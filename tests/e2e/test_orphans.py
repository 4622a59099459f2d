"""A master that is killed: its workers leave the port, and finish what they have in hand."""

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
from tests.e2e.load import OK
from tests.e2e.served import PROGRAM, Served, free_port, running, wait_for
from tests.e2e.test_metrics import until
from tests.e2e.test_served import RECEIPT, VERIFY, XML, living

SENDERS = 4


@contextmanager
def kept_alive(url: str) -> Iterator[Counter[int | str]]:
    """Callers that verify over one connection each for as long as the other end keeps it."""
    ends: Counter[int | str] = Counter()
    enough = threading.Event()

    def keep_asking() -> None:
        with requests.Session() as session, suppress(requests.ConnectionError):
            while not enough.is_set():
                ends[session.post(url, VERIFY, headers=XML, timeout=30).status_code] += 1

    senders = [threading.Thread(target=keep_asking) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        yield ends
    finally:
        enough.set()
        for sender in senders:
            sender.join()


def children(master: int) -> list[int]:
    """The workers of a master."""
    said = Path(f"/proc/{master}/task/{master}/children").read_text("ascii")
    return [int(child) for child in said.split()]


def is_free(url: str) -> bool:
    """Whether nobody listens there any more."""
    parts = urlsplit(url)
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((str(parts.hostname), parts.port))
        except OSError:
            return False
        return True


def kill(process: subprocess.Popen[bytes]) -> None:
    """`kill -9`, and wait for it."""
    process.send_signal(signal.SIGKILL)
    process.wait()


@contextmanager
def master(face: str, database: str, log: Path, port: int, **variables: str) -> Iterator[Served]:
    """A server of two node workers whose port is chosen by the test."""
    told = {
        "GPD_DATABASE_URL": database,
        "GPD_NODE_BIND": f"127.0.0.1:{port}",
        "GPD_ADMIN_BIND": f"127.0.0.1:{free_port()}",
        "GPD_WORKERS": "2",
        **variables,
    }
    with running([*PROGRAM, "serve", face], log, **told) as process:
        wait_for(f"http://127.0.0.1:{port}/health/live", process, log)
        until(lambda: log.read_text("utf-8").count("Booting worker") >= 2)
        yield Served(f"http://127.0.0.1:{port}/partner", process)


def test_port_of_a_killed_master_is_free_and_its_successor_answers(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Callers that keep their connections busy do not hold it, and get only whole answers."""
    database, port = fresh_database("sqlite", living), free_port()
    with master("all", database, tmp_path / "first", port) as first, kept_alive(first.url) as ends:
        until(lambda: ends[200] > 10 * SENDERS)
        workers = children(first.process.pid)
        kill(first.process)
        # LIMIT: ten seconds less than a worker once held it, whatever else the machine does.
        deadline = time.monotonic() + DRAIN_SECONDS / 2
        while not is_free(first.url):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with master("all", database, tmp_path / "second", port) as second:
            answers = {
                requests.post(second.url, VERIFY, headers=XML, timeout=15).status_code
                for _ in range(20)
            }
        until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))

    assert answers == {200}
    assert set(ends) == {200}


def test_receipt_in_hand_when_the_master_is_killed_is_answered(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """A worker answers what it has begun, and takes nothing more."""
    database, port = fresh_database("postgresql", living), free_port()
    store = Store(database)
    answers: list[bytes] = []

    def send() -> None:
        answers.append(requests.post(first.url, RECEIPT, headers=XML, timeout=15).content)

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
        until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    store.close()

    assert OK in answers[0]


def waits_for_lock(database: str) -> bool:
    """Whether a session waits for a row that another holds."""
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
    """Those of both faces, which nothing would wake."""
    database, port = fresh_database("sqlite", living), free_port()
    with master("all", database, tmp_path / "log", port) as served:
        until(lambda: len(children(served.process.pid)) == 3)
        workers = children(served.process.pid)
        kill(served.process)
        until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))

    assert is_free(served.url)
