"""Driver connections of a store, used in other threads and processes."""

import os
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import psycopg

from gpd_soap.store.store import Store
from tests.store.samples import (
    ROUTE,
    nav,
    receipt,
)

PID = "SELECT pg_backend_pid()"


def own_driver(store: Store) -> Any:
    """Returns the driver connection of this thread."""
    return store._connections._current().driver


def is_open(driver: Any) -> bool:
    """Returns whether a driver connection can still be used."""
    try:
        driver.execute("SELECT 1")
    except (psycopg.Error, sqlite3.Error):
        return False
    return True


def read_notice(store: Store) -> object:
    """Reads a notice as getPayment does."""
    return store.notice(ROUTE, nav(1)).notice


def read_receipt_facts(store: Store) -> object:
    """Reads the notice of a receipt as its settling does."""
    return store.receipt_facts(receipt(1)).notice


def in_thread(work: Callable[[], Any]) -> Any:
    """Returns the result of a function that ran in a thread which has ended."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join(30)
    return results[0]


def in_child(work: Callable[[], bool]) -> bool:
    """Returns whether a function returned True in a forked process."""
    pid = os.fork()
    if pid == 0:
        well = False
        try:
            well = work()
        finally:
            os._exit(0 if well else 1)
    return os.waitpid(pid, 0)[1] == 0
