"""Both faces of one server: each has its own processes, and neither waits for the other."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests
from sqlalchemy import text

from gpd_soap.store.store import Store
from tests import world
from tests.conftest import FreshDatabase
from tests.e2e.served import started
from tests.e2e.test_admin import run_command
from tests.e2e.test_metrics import until
from tests.e2e.test_orphans import children, waits_for_lock
from tests.e2e.test_served import VERIFY, XML, living
from tests.ports import free_port

THREADS = 2
POSITION = f"/organizations/{world.ORGANIZATION}/debtpositions/SINGLE"


class Faces(NamedTuple):
    """A server of both faces, and its database."""

    node: str
    admin: str
    master: int
    database: str
    log_path: Path

    def listening(self) -> Counter[str]:
        """Number of workers that listen on each face, by the sockets that they hold."""
        return Counter(
            face
            for worker in children(self.master)
            for face, port in (("node", _port(self.node)), ("admin", _port(self.admin)))
            if _inodes(port) & _sockets(worker)
        )


@contextmanager
def faces(database: str, log_path: Path, **variables: str) -> Iterator[Faces]:
    """Serve the node face with two processes and the admin face with one."""
    admin = f"127.0.0.1:{free_port()}"
    environment = {"GPD_ADMIN_BIND": admin, "GPD_THREADS": str(THREADS), **variables}
    with started("all", database, log_path, **environment) as served:
        yield Faces(served.url, f"http://{admin}", served.process.pid, database, log_path)


def _port(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def _inodes(port: int) -> set[str]:
    """Inodes of the listening sockets of a port."""
    rows = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    fields = [row.split() for row in rows]
    return {f[9] for f in fields if f[3] == "0A" and f[1].endswith(f":{port:04X}")}


def _sockets(worker: int) -> set[str]:
    """Inodes of the sockets that a process has open; none if it has ended."""
    try:
        links = [str(link.readlink()) for link in Path(f"/proc/{worker}/fd").iterdir()]
    except FileNotFoundError:
        return set()
    return {link[8:-1] for link in links if link.startswith("socket:[")}


EXPECTED = {"node": 2, "admin": 1}


def test_busy_admin_face_takes_no_thread_of_the_node_face(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Each verify is answered while a lock holds up every admin thread."""
    database = fresh_database("postgresql", living)
    made = run_command(
        "key", "create", "--name", "office", "--role", "writer",
        "--organization", world.ORGANIZATION, database=database,
    )  # fmt: skip
    key = {"X-Api-Key": made.split()[-1]}
    store, enough = Store(database), threading.Event()

    def keep_deleting() -> None:
        while not enough.is_set():
            requests.delete(served.admin + POSITION, headers=key, timeout=180)

    with faces(database, tmp_path / "log") as served, ThreadPoolExecutor(4 * THREADS) as pool:
        with store.begin() as holding:
            holding.execute(text("SELECT 1 FROM payment_option WHERE iupd = 'SINGLE' FOR UPDATE"))
            held = [pool.submit(keep_deleting) for _ in range(4 * THREADS)]
            until(lambda: waits_for_lock(database))
            verified = Counter(
                requests.post(served.node, VERIFY, headers=XML, timeout=180).status_code
                for _ in range(20)
            )
            until(lambda: waits_for_lock(database))
            enough.set()
        for each in held:
            each.result()
    store.close()

    assert verified == {200: 20}


def test_each_face_keeps_its_processes_through_a_crash_and_a_reload(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """A worker's successor serves the same face, and no worker holds the other face's port."""
    with faces(fresh_database("sqlite", living), tmp_path / "log") as served:
        until(lambda: served.listening() == EXPECTED)
        for face, port in (("admin", _port(served.admin)), ("node", _port(served.node))):
            workers = children(served.master)
            [victim, *_] = [w for w in workers if _inodes(port) & _sockets(w)]
            os.kill(victim, signal.SIGKILL)
            until(lambda v=victim: v not in children(served.master))  # type: ignore[misc]  # a default has no type
            until(lambda: served.listening() == EXPECTED)
            assert face in served.listening()
        before = set(children(served.master))
        os.kill(served.master, signal.SIGHUP)
        until(lambda: before.isdisjoint(children(served.master)))
        until(lambda: served.listening() == EXPECTED)


def test_signal_for_another_number_of_workers_changes_nothing(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """A worker less could be the only one of its face."""
    with faces(fresh_database("sqlite", living), tmp_path / "log") as served:
        until(lambda: served.listening() == EXPECTED)
        for sent in ("SIGTTIN", "SIGTTOU"):
            os.kill(served.master, signal.Signals[sent])
            until(lambda sent=sent: f"{sent} ignored" in served.log_path.read_text("utf-8"))  # type: ignore[misc]  # a default has no type
            assert served.listening() == EXPECTED, sent

        assert requests.get(f"{served.admin}/health/ready", timeout=180).status_code == 200


def test_admin_workers_setting_adds_processes_of_the_admin_face(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """They run beside those of the node face."""
    database = fresh_database("sqlite", living)
    with faces(database, tmp_path / "log", GPD_WORKERS="1", GPD_ADMIN_WORKERS="2") as served:
        until(lambda: served.listening() == {"node": 1, "admin": 2})
