"""More than the threads can do: what cannot be answered in time is refused at once."""

import resource
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import requests
from sqlalchemy import text

from gpd_soap.server.arriving import ARRIVAL_SECONDS
from gpd_soap.store.database.engine import LOCK_SECONDS
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.e2e.served import serving
from tests.e2e.test_served import RECEIPT, VERIFY, XML, living
from tests.waiting import bound, until_locked_out

#: LIMIT: the Node gives up a question after 7 s.
NODE_GIVES_UP = 7.0
#: LIMIT: seconds; whoever waits for a silent connection to be given up waits for longer.
GIVEN_UP = ARRIVAL_SECONDS - 1
#: LIMIT: gunicorn's worker takes a thousand.
TOO_MANY = 1100


def test_what_waited_too_long_is_refused_and_sent_again(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """With every thread held up by a locked row, others get 503 in time, and service returns."""
    database = fresh_database("postgresql", living)
    store = Store(database)
    answers: list[tuple[int, float]] = []

    def post(message: bytes) -> None:
        begun = time.monotonic()
        status = requests.post(address, message, headers=XML, timeout=15).status_code
        answers.append((status, time.monotonic() - begun))

    variables = {"GPD_WORKERS": "1", "GPD_THREADS": "2"}
    with serving("node", database, tmp_path / "log", **variables) as address:
        with store.begin() as holding, ThreadPoolExecutor(12) as pool:
            holding.execute(text("SELECT 1 FROM payment_option WHERE iupd = 'SINGLE' FOR UPDATE"))
            held = [pool.submit(post, RECEIPT) for _ in range(2)]
            until_locked_out(store, 2)
            others = [pool.submit(post, VERIFY) for _ in range(10)]
            for each in (*held, *others):
                each.result(20)
        again = requests.post(address, RECEIPT, headers=XML, timeout=15)
        alive = requests.get(address.replace("/partner", "/health/live"), timeout=5)
    store.close()

    assert Counter(status for status, _ in answers) == {503: 12}
    # WHY: those that wait for the lock do so for LOCK_SECONDS; the rest is this machine's slowness.
    slowness = min(seconds for _, seconds in answers[:2]) / LOCK_SECONDS
    assert max(seconds for _, seconds in answers) < NODE_GIVES_UP * max(1, slowness)
    assert b"<outcome>OK</outcome>" in again.content
    assert alive.status_code == 200


def test_a_client_that_does_not_close_holds_up_nobody(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """After its answer its thread is free again in a moment, and every other thread at once."""
    database = fresh_database("sqlite", living)
    request = (
        b"POST /partner HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Type: text/xml\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(VERIFY), VERIFY)
    )
    variables = {"GPD_WORKERS": "1", "GPD_THREADS": "4"}
    with serving("node", database, tmp_path / "log", **variables) as address:
        allowed = bound(GIVEN_UP, lambda: requests.post(address, VERIFY, headers=XML, timeout=15))
        place = urlsplit(address)
        lingering = [socket.create_connection((place.hostname, place.port)) for _ in range(3)]
        for each in lingering:
            each.sendall(request)
            assert each.recv(12) == b"HTTP/1.1 200"
        begun = time.monotonic()
        answered = requests.post(address, VERIFY, headers=XML, timeout=15)
        took = time.monotonic() - begun
        for each in lingering:
            each.close()

    assert answered.status_code == 200
    assert took < allowed


def test_connections_that_say_nothing_hold_up_nobody(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """A few cost no thread, and of too many the oldest give way."""
    database = fresh_database("sqlite", living)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    variables = {"GPD_WORKERS": "1", "GPD_THREADS": "2"}
    with serving("node", database, tmp_path / "log", **variables) as address:
        allowed = bound(GIVEN_UP, lambda: requests.post(address, VERIFY, headers=XML, timeout=15))
        place = urlsplit(address)
        silent: list[socket.socket] = []
        took: list[float] = []
        for count in (10, TOO_MANY):
            while len(silent) < count:
                silent.append(socket.create_connection((place.hostname, place.port), 5))
            begun = time.monotonic()
            assert requests.post(address, VERIFY, headers=XML, timeout=15).status_code == 200
            took.append(time.monotonic() - begun)
        for each in silent:
            each.close()

    assert max(took) < allowed


def test_of_more_requests_than_connections_none_is_cut_off(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Whoever has spoken is answered or refused, and makes room for those at the door."""
    database = fresh_database("postgresql", living)
    store = Store(database)
    request = (
        b"POST /partner HTTP/1.1\r\nHost: here\r\nContent-Type: text/xml\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(RECEIPT), RECEIPT)
    )
    variables = {"GPD_WORKERS": "1", "GPD_THREADS": "2"}
    with serving("node", database, tmp_path / "log", **variables) as address, ExitStack() as open_:
        place = urlsplit(address)
        with store.begin() as holding:
            holding.execute(text("SELECT 1 FROM payment_option WHERE iupd = 'SINGLE' FOR UPDATE"))
            senders = []
            for _ in range(TOO_MANY):
                to = socket.create_connection((place.hostname, place.port), timeout=15)
                senders.append(open_.enter_context(to))
                to.sendall(request)
        begun = Counter(sender.recv(12) for sender in senders)
    store.close()

    assert begun.keys() <= {b"HTTP/1.1 200", b"HTTP/1.1 503"}


def test_a_request_that_drips_in_gives_its_thread_back(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """A byte now and then keeps a connection for its time, in the head or in the body."""
    database = fresh_database("sqlite", living)
    head = b"POST /partner HTTP/1.1\r\nHost: here\r\nContent-Length: 900\r\n"
    variables = {"GPD_WORKERS": "1", "GPD_THREADS": "2"}
    with serving("node", database, tmp_path / "log", **variables) as address:
        place = urlsplit(address)
        slow = [socket.create_connection((place.hostname, place.port)) for _ in range(2)]
        slow[0].sendall(head)
        slow[1].sendall(head + b"\r\n<")
        begun = time.monotonic()
        while all(_still_open(each) for each in slow):
            assert time.monotonic() - begun < 8 * ARRIVAL_SECONDS
            time.sleep(0.2)
        held = time.monotonic() - begun
        answered = requests.post(address, VERIFY, headers=XML, timeout=15)
        for each in slow:
            each.close()

    assert held > ARRIVAL_SECONDS / 2
    assert answered.status_code == 200


def _still_open(sender: socket.socket) -> bool:
    """Send a byte more; whether the other end still takes it."""
    try:
        sender.send(b"x")
        return sender.recv(1, socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
