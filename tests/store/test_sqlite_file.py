"""SQLite's file at opening and closing: its mode, its write-ahead log, and its refusals."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from gpd_soap.store.database.engine import _prepare_sqlite
from gpd_soap.store.database.errors import UnusableDatabase
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.store.samples import NOW, ROUTE, nav, prepare

#: The id of a user who owns no file.
NOBODY = 65534
USE = """
import sys
from datetime import datetime, timezone
from gpd_soap.core.debt import NodeRoute
from gpd_soap.store.store import Store
store = Store(sys.argv[1])
store.remember_probe(NodeRoute("77777777777", "1", "1_01"), datetime.now(timezone.utc))
store.notice(NodeRoute("77777777777", "1", "1_01"), "347000000000000000")
"""


def wal_of(url: str) -> Path:
    """Returns the path of a database's write-ahead log."""
    return Path(f"{make_url(url).database}-wal")


def test_closed_store_used_by_several_threads_leaves_no_log(fresh_database: FreshDatabase):
    """The connection of a thread that still runs is closed too."""
    url = fresh_database("sqlite", prepare)
    store, used, end = Store(url), threading.Event(), threading.Event()

    def use() -> None:
        store.notice(ROUTE, nav(1))
        store.remember_probe(ROUTE, NOW)
        used.set()
        end.wait()

    thread = threading.Thread(target=use)
    thread.start()
    used.wait()
    before = wal_of(url).exists()
    store.close()
    after = wal_of(url).exists()
    end.set()
    thread.join()

    assert (before, after) == (True, False)


def test_ended_process_leaves_no_log(fresh_database: FreshDatabase):
    """A command need not close its store."""
    url = fresh_database("sqlite", prepare)

    subprocess.run([sys.executable, "-c", USE, url], check=True, timeout=180)

    assert not wal_of(url).exists()


def test_two_stores_closed_one_after_the_other_leave_no_log(fresh_database: FreshDatabase):
    """The first leaves the log, and the second removes it."""
    url = fresh_database("sqlite", prepare)
    first, second = Store(url), Store(url)
    for store in (first, second):
        store.remember_probe(ROUTE, NOW)

    first.close()
    between = wal_of(url).exists()
    second.close()

    assert (between, wal_of(url).exists()) == (True, False)


def mode_of(url: str) -> str:
    """Returns the journal mode of a database's file."""
    with closing(sqlite3.connect(str(make_url(url).database))) as opened:
        [(mode,)] = opened.execute("PRAGMA journal_mode")
    return str(mode)


def test_new_file_has_a_write_ahead_log(fresh_database: FreshDatabase):
    """The file has the mode from its first connection on."""
    url = fresh_database("sqlite")
    store = Store(url)
    with store.begin():
        pass
    store.close()

    assert mode_of(url) == "wal"


def test_file_of_another_mode_is_changed_to_wal(fresh_database: FreshDatabase):
    """A copy made by a tool may have SQLite's default mode."""
    url = fresh_database("sqlite", prepare)
    with closing(sqlite3.connect(str(make_url(url).database))) as opened:
        opened.execute("PRAGMA journal_mode = DELETE")
    before = mode_of(url)
    store = Store(url)
    with store.reading():
        pass
    store.close()

    assert (before, mode_of(url)) == ("delete", "wal")


@pytest.fixture
def readable_folder() -> Iterator[Path]:
    """Yields a folder with a database that this process can read but not write."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    prepare(f"sqlite:///{folder / 'office.db'}")
    (folder / "office.db").chmod(0o444)
    folder.chmod(0o555)
    # WHY: root may write everything, and the system checks the effective user.
    us = os.geteuid()
    if us == 0:
        os.seteuid(NOBODY)
    yield folder
    os.seteuid(us)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_database_in_a_read_only_folder_raises_with_the_reason(readable_folder: Path):
    """SQLite itself reports that it cannot open an existing file."""
    store = Store(f"sqlite:///{readable_folder / 'office.db'}")

    with pytest.raises(UnusableDatabase, match="and its folder must both be writable"):
        store.last_probe()


def test_file_that_cannot_change_its_mode_is_refused():
    """SQLite raises no error if it cannot keep a write-ahead log."""
    with (
        closing(sqlite3.connect(":memory:")) as opened,
        pytest.raises(UnusableDatabase, match="write-ahead log"),
    ):
        _prepare_sqlite(opened, None)


LOOK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM position").fetchone()
connection.close()
"""


def test_new_connection_leaves_the_locks_of_its_process_alone(fresh_database: FreshDatabase):
    """Another process that closes the file does not take itself for the last one that has it."""
    url = fresh_database("sqlite", prepare)
    store = Store(url)
    store.remember_probe(ROUTE, NOW)
    with store.engine.connect(), store.engine.connect():
        command = [sys.executable, "-c", LOOK, str(make_url(url).database)]
        subprocess.run(command, timeout=180, check=True)
        has_log = wal_of(url).exists()
    store.close()

    assert has_log
