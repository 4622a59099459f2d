"""Connections and servers come and go: no wrong answer, and no connection or lock stays."""

import threading
import time
from contextlib import ExitStack
from typing import Any

from sqlalchemy import text

from gpd_soap.store.database.session import Session
from gpd_soap.store.store import Store
from tests.store.database.drivers import in_thread, is_open, own_driver
from tests.store.samples import (
    ROUTE,
    add,
    nav,
    option,
    position,
)

#: LIMIT: less than the 30 s that a pool of SQLAlchemy waits for a connection.
POOL_SECONDS = 25.0


def test_connection_of_an_ended_thread_is_closed(store: Store):
    """A server that keeps starting threads does not run out of connections."""
    driver = in_thread(lambda: own_driver(store))

    assert not is_open(driver)


def test_connection_of_a_thread_is_its_own_and_stays(store: Store):
    """A second call opens nothing, and threads share nothing."""
    mine = own_driver(store)

    assert in_thread(lambda: own_driver(store) is own_driver(store))
    assert in_thread(lambda: own_driver(store)) is not mine
    assert own_driver(store) is mine


def test_pool_with_many_connections_in_use_opens_another(store: Store):
    """Threads limit the number of connections, because a wait would exceed the Node's limit."""
    begun = time.monotonic()
    with ExitStack() as used:
        for _ in range(20):
            used.enter_context(store.engine.connect())
        with store.reading(seconds=1) as connection:
            assert connection.scalar(text("SELECT 1")) == 1

    assert time.monotonic() - begun < POOL_SECONDS


def test_closed_store_has_no_connection_and_can_be_used_again(store: Store):
    """The connections of other threads and of the pool are closed too."""
    add(store, position("P", option(1)))
    others: list[Any] = []
    ready, done = threading.Event(), threading.Event()

    def stay() -> None:
        others.append(own_driver(store))
        ready.set()
        done.wait(30)
        others.append(own_driver(store))

    thread = threading.Thread(target=stay)
    thread.start()
    assert ready.wait(30)
    mine = own_driver(store)

    store.close()
    done.set()
    thread.join(30)

    assert not is_open(mine)
    assert not is_open(others[0])
    assert others[1] is not others[0]
    assert store.notice(ROUTE, nav(1)).notice is not None


def test_close_during_a_statement_waits_for_its_end(store: Store):
    """Closing a connection in use would crash SQLite."""
    drivers: list[Any] = []
    running, go_on = threading.Event(), threading.Event()

    def work(session: Session) -> None:
        drivers.append(own_driver(store))
        running.set()
        go_on.wait(30)
        session.run("SELECT 1")

    asking = threading.Thread(target=lambda: store._connections.read(work))
    closing = threading.Thread(target=store.close)
    asking.start()
    assert running.wait(30)
    closing.start()
    closing.join(0.2)
    go_on.set()
    for thread in (asking, closing):
        thread.join(30)

    assert len(drivers) == 1
    assert not is_open(drivers[0])
