"""A store in forked processes: no session is shared, and none is closed for the other."""

import os
import signal
import threading

from sqlalchemy import text

from gpd_soap.store.database import migrate
from gpd_soap.store.database.session import Session
from gpd_soap.store.store import Store
from tests.store.database.drivers import (
    PID,
    in_child,
    in_thread,
    is_open,
    own_driver,
)
from tests.store.samples import (
    ROUTE,
    add,
    nav,
    option,
    paid,
    position,
    receipt,
    take,
)


def test_child_forked_during_a_statement_closes_its_store(store: Store):
    """A connection that another thread used at the fork belongs to the parent."""
    running, go_on = threading.Event(), threading.Event()

    def work(_session: Session) -> bool:
        running.set()
        go_on.wait(30)
        return is_open(own_driver(store))

    def child() -> bool:
        signal.alarm(20)
        store.close()
        return store.notice(ROUTE, nav(1)).notice is None

    asking = threading.Thread(target=lambda: well.append(store._connections.read(work)))
    well: list[bool] = []
    asking.start()
    assert running.wait(30)
    well.append(in_child(child))
    go_on.set()
    asking.join(30)

    assert well == [True, True]


def test_store_used_before_a_fork_works_in_parent_and_child(store: Store):
    """The child reads and writes on connections of its own."""
    add(store, position("P", option(1)), position("Q", option(2)))
    migrate.check(store.engine)
    assert store.notice(ROUTE, nav(1)).notice is not None

    def child() -> bool:
        take(store, receipt(1))
        add(store, position("R", option(3)))
        store.close()
        return store.notice(ROUTE, nav(3)).notice is not None

    assert in_child(child)

    take(store, receipt(2))
    assert paid(store) == {nav(1): "r-1", nav(2): "r-2"}


def test_forked_child_shares_no_session_with_its_parent(on_postgresql: Store):
    """Two processes on one session would read each other's rows."""

    def sessions() -> set[int]:
        with on_postgresql.begin() as connection:
            pooled = connection.execute(text(PID)).scalar_one()
        return {own_driver(on_postgresql).info.backend_pid, pooled}

    before = sessions()
    read, write = os.pipe()

    def child() -> bool:
        os.write(write, " ".join(map(str, sessions())).encode())
        return True

    assert in_child(child)
    in_the_child = set(map(int, os.read(read, 100).split()))
    os.close(read)
    os.close(write)

    assert in_the_child.isdisjoint(before | sessions())


def test_fork_in_one_thread_keeps_the_connections_of_others(store: Store):
    """Only the thread that forks opens a new connection."""

    def fork_meanwhile() -> bool:
        mine = own_driver(store)
        return in_thread(lambda: in_child(lambda: True)) and own_driver(store) is mine

    assert fork_meanwhile()
    assert is_open(own_driver(store))


def test_receipt_of_a_child_stays_after_the_parent_closed_its_store(
    store: Store, prepared_url: str
):
    """The parent closes its store first, like a master that only read the schema."""
    add(store, position("P", option(1)))
    store.receipt_facts(receipt(1))
    closed_r, closed_w = os.pipe()

    pid = os.fork()
    if pid == 0:
        store.receipt_facts(receipt(1))
        os.read(closed_r, 1)
        take(store, receipt(1))
        os._exit(0)
    store.close()
    os.write(closed_w, b".")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(closed_r)
    os.close(closed_w)

    fresh = Store(prepared_url)
    assert paid(fresh) == {nav(1): "r-1"}
    fresh.close()
