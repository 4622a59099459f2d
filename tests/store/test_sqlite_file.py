"""How SQLite's file is opened and left: its mode, its write-ahead log, and what cannot be used."""

import subprocess
import sys
import threading
from pathlib import Path

from sqlalchemy import make_url

from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.store.samples import CLAIM, NOW, nav, prepare

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
