"""SQLite's one file: complete after a clean stop, after a kill and in a backup."""

import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests
from sqlalchemy import make_url

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.e2e.load import OK, Load, asking, message, stored_receipts
from tests.e2e.served import Served, started
from tests.e2e.test_served import XML, living
from tests.ports import free_port
from tests.world import NOW, ORGANIZATION

#: LIMIT: seconds; only a machine that is stuck takes so long.
STUCK = 120
LISTS = (
    f"/organizations/{ORGANIZATION}/debtpositions",
    f"/payments/{ORGANIZATION}/receipts?from=2026-01-01",
    f"/organizations/{ORGANIZATION}/journal",
)


def file_of(database: str) -> Path:
    """The file of the database."""
    name = make_url(database).database
    assert name is not None
    return Path(name)


def wal_of(database: str) -> Path:
    """Its write-ahead log."""
    return Path(f"{file_of(database)}-wal")


def key_of(database: str) -> str:
    """Create a key that reads everything."""
    store = Store(database)
    with store.begin() as connection:
        token = keys.create(connection, "Prova", Role.ADMIN, (), NOW)[1]
    store.close()
    return token


def use(served: Served, admin: str, key: str) -> set[str]:
    """Send receipts and read lists, several at once; the ids of the receipts answered OK."""

    def send(receipt_id: str) -> str | None:
        answered = requests.post(served.url, message(receipt_id), headers=XML, timeout=STUCK)
        return receipt_id if OK in answered.content else None

    def read(path: str) -> int:
        answer = requests.get(admin + path, headers={"X-Api-Key": key}, timeout=STUCK)
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        lists = pool.map(read, LISTS * 6)
        receipts = list(pool.map(send, (f"r-{number}" for number in range(24))))
        # WHY: on a busy machine lists last longer, and a key may run only some at once.
        assert {200} <= set(lists) <= {200, 429}
    return {receipt_id for receipt_id in receipts if receipt_id is not None}


@pytest.fixture
def database(fresh_database: FreshDatabase) -> str:
    """A SQLite database of the world with due dates far in the future."""
    return fresh_database("sqlite", living)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_sqlite_file_after_a_clean_stop_has_every_receipt_without_a_wal(
    database: str, tmp_path: Path, workers: str
) -> None:
    """No worker, thread or master leaves a write-ahead log behind."""
    key, port = key_of(database), free_port()
    variables = {"GPD_ADMIN_BIND": f"127.0.0.1:{port}", "GPD_WORKERS": workers}
    with started("all", database, tmp_path / "log", **variables) as served:
        sent = use(served, f"http://127.0.0.1:{port}", key)
        served.process.send_signal(signal.SIGTERM)
        exit_code = served.process.wait(DRAIN_SECONDS + STUCK)
    copied = tmp_path / "copied.db"
    wal_exists = wal_of(database).exists()
    shutil.copyfile(file_of(database), copied)

    assert (exit_code, wal_exists) == (0, False)
    assert len(sent) == 24
    assert sent <= stored_receipts(f"sqlite:///{copied}")


def test_sqlite_file_after_a_kill_is_recovered_with_every_receipt(
    database: str, tmp_path: Path
) -> None:
    """The write-ahead log is there, and the next connection reads every receipt answered OK."""
    key, port = key_of(database), free_port()
    variables = {"GPD_ADMIN_BIND": f"127.0.0.1:{port}"}
    with started("all", database, tmp_path / "log", **variables) as served:
        sent = use(served, f"http://127.0.0.1:{port}", key)
        master = served.process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii")
        # WHY: a running master would replace a killed worker, so all are stopped first.
        for pid in (master, *map(int, children.split())):
            os.kill(pid, signal.SIGSTOP)
        for pid in (master, *map(int, children.split())):
            os.kill(pid, signal.SIGKILL)
        served.process.wait(STUCK)
        wait_until(lambda: not any(is_alive(int(pid)) for pid in children.split()))
    wal_size = wal_of(database).stat().st_size

    assert wal_size > 0
    assert sent <= stored_receipts(database)


def is_alive(pid: int) -> bool:
    """Return True if a process runs; one that waits to be reaped does not."""
    try:
        stat_line = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return stat_line.rpartition(")")[2].split()[0] not in "ZX"


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; fails after STUCK seconds."""
    deadline = time.monotonic() + STUCK
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def vacuum(source: Path, target: Path) -> None:
    """Copy the database as `sqlite3 FILE "VACUUM INTO 'COPY'"` does."""
    with closing(sqlite3.connect(source, timeout=STUCK)) as connection:
        connection.execute("VACUUM INTO ?", [str(target)])


def backup(source: Path, target: Path) -> None:
    """Copy the database as `sqlite3 FILE ".backup COPY"` does."""
    with (
        closing(sqlite3.connect(source, timeout=STUCK)) as connection,
        closing(sqlite3.connect(target)) as copied,
    ):
        connection.backup(copied, pages=100, sleep=0)


@pytest.mark.parametrize("copy", [vacuum, backup])
def test_backup_of_a_busy_sqlite_has_every_acknowledged_receipt(
    database: str, tmp_path: Path, copy: Callable[[Path, Path], None]
) -> None:
    """The server goes on while the backup is written."""
    copied = tmp_path / "backup.db"
    with started("node", database, tmp_path / "log") as served, asking(served.url) as load:
        wait_for(load, 12)
        before = set(load.acknowledged)
        copy(file_of(database), copied)
        wait_for(load, len(load.acknowledged) + 4)
    with closing(sqlite3.connect(copied)) as opened:
        check = opened.execute("PRAGMA integrity_check").fetchall()

    assert before <= stored_receipts(f"sqlite:///{copied}")
    assert check == [("ok",)]


def wait_for(load: Load, many: int) -> None:
    """Wait until this many receipts were answered OK."""
    wait_until(lambda: len(load.acknowledged) >= many)
