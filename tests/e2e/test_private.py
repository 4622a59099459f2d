"""Files that a server creates are readable for their owner alone."""

import http.client
import os
import socket
import stat
import time
from pathlib import Path

import pytest

from gpd_soap.store.database import migrate
from gpd_soap.store.store import Store
from tests import world
from tests.conftest import FreshDatabase
from tests.e2e.served import PROGRAM, START_WITHIN, running, started


def mode(path: Path) -> int:
    """Permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_sqlite_file_is_its_owners_alone_from_its_first_byte(tmp_path: Path, umask: int) -> None:
    """The file, its log and its index have mode 600, whatever the umask."""
    file = tmp_path / "new.db"
    before = os.umask(umask)
    try:
        store = Store(f"sqlite:///{file}")
        with store.begin():
            first = {each.name: mode(each) for each in tmp_path.iterdir()}
        migrate.upgrade(store.engine)
        with store.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE more (id INTEGER)")
            later = {each.name: mode(each) for each in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)

    assert set(first.values()) == set(later.values()) == {0o600}
    assert set(later) == {"new.db", "new.db-wal", "new.db-shm"}


def test_existing_sqlite_file_keeps_its_mode(tmp_path: Path) -> None:
    """An operator may let a group read it."""
    file = tmp_path / "old.db"
    file.touch()
    file.chmod(0o640)
    store = Store(f"sqlite:///{file}")
    migrate.upgrade(store.engine)
    store.close()

    assert mode(file) == 0o640


class OverSocket(http.client.HTTPConnection):
    """An HTTP client of a server on a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=180)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))


def test_unix_socket_is_for_its_owner_and_group_alone(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """They can connect and are answered."""
    path, log_path = tmp_path / "node.sock", tmp_path / "log"
    environment = {
        "GPD_DATABASE_URL": fresh_database("sqlite", world.prepare),
        "GPD_NODE_BIND": f"unix:{path}",
        "GPD_WORKERS": "1",
    }
    before = os.umask(0)
    try:
        with running([*PROGRAM, "serve", "node"], log_path, **environment) as process:
            deadline = time.monotonic() + START_WITHIN
            while not path.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            socket_mode = mode(path)
            client = OverSocket(path)
            client.request("GET", "/health/live")
            status = client.getresponse().status
            client.close()
    finally:
        os.umask(before)

    assert (socket_mode, status) == (0o660, 200)


def test_server_writes_no_core_dump(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    """A core dump would hold the password of the database."""
    database = fresh_database("sqlite", world.prepare)
    with started("node", database, tmp_path / "log") as served:
        limits = Path(f"/proc/{served.process.pid}/limits").read_text("ascii")

    [line] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert line.split()[4:6] == ["0", "0"]
