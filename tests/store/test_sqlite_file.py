"""How SQLite's file is opened and left: its mode, its write-ahead log, and what cannot be used."""

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
from tests.store.samples import CLAIM, NOW, nav, prepare

#: A user who owns nothing.
NOBODY = 65534
USE = """
import sys
from datetime import datetime, timezone
from gpd_soap.core.debt import Claim
from gpd_soap.store.store import Store
store = Store(sys.argv[1])
store.remember_probe(Claim("77777777777", "1", "1_01"), datetime.now(timezone.utc))
store.notice(Claim("77777777777", "1", "1_01"), "347000000000000000")
"""


def wal_of(url: str) -> Path:
    """The write-ahead log beside a database's file."""
    return Path(f"{make_url(url).database}-wal")


def test_a_closed_store_leaves_no_log_whichever_threads_used_it(fresh_database: FreshDatabase):
    """A connection of a thread that still lives is closed too."""
    url = fresh_database("sqlite", prepare)
    store, used, end = Store(url), threading.Event(), threading.Event()

    def use() -> None:
        store.notice(CLAIM, nav(1))
        store.remember_probe(CLAIM, NOW)
        used.set()
        end.wait()

    thread = threading.Thread(target=use)
    thread.start()
    used.wait()
    there = wal_of(url).exists()
    store.close()
    left = wal_of(url).exists()
    end.set()
    thread.join()

    assert (there, left) == (True, False)


def test_a_process_that_ends_leaves_no_log(fresh_database: FreshDatabase):
    """A command need not close its store."""
    url = fresh_database("sqlite", prepare)

    subprocess.run([sys.executable, "-c", USE, url], check=True, timeout=60)

    assert not wal_of(url).exists()


def test_two_stores_that_close_one_after_the_other_leave_no_log(fresh_database: FreshDatabase):
    """The first leaves it to the second."""
    url = fresh_database("sqlite", prepare)
    first, second = Store(url), Store(url)
    for store in (first, second):
        store.remember_probe(CLAIM, NOW)

    first.close()
    between = wal_of(url).exists()
    second.close()

    assert (between, wal_of(url).exists()) == (True, False)


def mode_of(url: str) -> str:
    """The mode that a database's file has kept."""
    with closing(sqlite3.connect(str(make_url(url).database))) as opened:
        [(mode,)] = opened.execute("PRAGMA journal_mode")
    return str(mode)


def test_a_new_file_keeps_a_write_ahead_log(fresh_database: FreshDatabase):
    """From its first connection on, for whoever opens it later."""
    url = fresh_database("sqlite")
    store = Store(url)
    with store.begin():
        pass
    store.close()

    assert mode_of(url) == "wal"


def test_a_copied_file_of_another_mode_is_turned(fresh_database: FreshDatabase):
    """A copy made by a tool may have the mode that SQLite begins with."""
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
    """A folder with a database that we may read and not write, whoever runs this."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    prepare(f"sqlite:///{folder / 'office.db'}")
    (folder / "office.db").chmod(0o444)
    folder.chmod(0o555)
    # WHY: nothing is closed to root, but what a process may do is asked of its effective user.
    us = os.geteuid()
    if us == 0:
        os.seteuid(NOBODY)
    yield folder
    os.seteuid(us)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_folder_that_cannot_be_written_is_named_as_the_reason(readable_folder: Path):
    """SQLite itself says that it cannot open a file that is there."""
    store = Store(f"sqlite:///{readable_folder / 'office.db'}")

    with pytest.raises(UnusableDatabase, match="and its folder must both be writable"):
        store.last_probe()


def test_a_file_that_keeps_another_mode_is_refused():
    """SQLite gives no error where it cannot keep a write-ahead log."""
    with (
        closing(sqlite3.connect(":memory:")) as opened,
        pytest.raises(UnusableDatabase, match="write-ahead log"),
    ):
        _prepare_sqlite(opened, None)
