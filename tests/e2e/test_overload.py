"""Overload: a request that cannot be answered in time is refused at once."""

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

#: LIMIT: 7 seconds; the Node then gives up a verify.
NODE_GIVES_UP = 7.0
#: LIMIT: seconds; a request that waits for the end of a silent connection waits longer.
GIVEN_UP = ARRIVAL_SECONDS - 1
#: LIMIT: connections; a gunicorn worker accepts 1000.
TOO_MANY = 1100


def test_request_that_waits_too_long_is_503_and_succeeds_later(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """A locked row holds every thread, so other requests get 503 in time."""
    database = fresh_database("postgresql", living)
    store = Store(database)
    answers: list[tuple[int, float]] = []

    def post(message: bytes) -> None:
        begun = time.monotonic()
        status = requests.post(address, message, headers=XML, timeout=180).status_code
        answers.append((status, time.monotonic() - begun))

    variables = {"GPD_WORKERS": "1", "GPD_THREADS": "2"}
    with serving("node", database, tmp_path / "log", **variables) as address:
        with store.begin() as holding, ThreadPoolExecutor(12) as pool:
            holding.execute(text("SELECT 1 FROM payment_option WHERE iupd = 'SINGLE' FOR UPDATE"))
            held = [pool.submit(post, RECEIPT) for _ in range(2)]
            until_locked_out(store, 2)
            others = [pool.submit(post, VERIFY) for _ in range(10)]
            for each in (*held, *others):
                each.result(60)
        again = requests.post(address, RECEIPT, headers=XML, timeout=180)
        alive = requests.get(address.replace("/partner", "/health/live"), timeout=180)
    store.close()

    assert Counter(status for status, _ in answers) == {503: 12}
    # WHY: a request waits for the lock for LOCK_SECONDS; the rest is the slowness of the machine.
    slowness = min(seconds for _, seconds in answers[:2]) / LOCK_SECONDS
    assert max(seconds for _, seconds in answers) < NODE_GIVES_UP * max(1, slowness)
    assert b"<outcome>OK</outcome>" in again.content
    assert alive.status_code == 200


def test_client_that_keeps_its_connection_open_holds_no_thread(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Its thread is free soon after its answer."""
    database = fresh_database("sqlite", living)
    request = (
        b"POST /partner HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Type: text/xml\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(VERIFY), VERIFY)
    )
    variables = {"GPD_WORKERS": "1", "GPD_THREADS": "4"}
    with serving("node", database, tmp_path / "log", **variables) as address:
        allowed = bound(GIVEN_UP, lambda: requests.post(address, VERIFY, headers=XML, timeout=180))
        url_parts = urlsplit(address)
        lingering = [
            socket.create_connection((url_parts.hostname, url_parts.port)) for _ in range(3)
        ]
        for each in lingering:
            each.sendall(request)
            assert each.recv(12) == b"HTTP/1.1 200"
        begun = time.monotonic()
        answered = requests.post(address, VERIFY, headers=XML, timeout=180)
        duration = time.monotonic() - begun
        for each in lingering:
            each.close()

    assert answered.status_code == 200
    assert duration < allowed


def test_silent_connections_hold_no_thread(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    """Beyond the limit the oldest connections are closed."""
    database = fresh_database("sqlite", living)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    variables = {"GPD_WORKERS": "1", "GPD_THREADS": "2"}
    with serving("node", database, tmp_path / "log", **variables) as address:
        allowed = bound(GIVEN_UP, lambda: requests.post(address, VERIFY, headers=XML, timeout=180))
        url_parts = urlsplit(address)
        silent: list[socket.socket] = []
        durations: list[float] = []
        for count in (10, TOO_MANY):
            while len(silent) < count:
                silent.append(socket.create_connection((url_parts.hostname, url_parts.port), 5))
            begun = time.monotonic()
            assert requests.post(address, VERIFY, headers=XML, timeout=180).status_code == 200
            durations.append(time.monotonic() - begun)
        for each in silent:
            each.close()

    assert max(durations) < allowed


def test_more_requests_than_connections_are_each_200_or_503(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """No connection that has sent a request is closed without an answer."""
    database = fresh_database("postgresql", living)
    store = Store(database)
    request = (
        b"POST /partner HTTP/1.1\r\nHost: here\r\nContent-Type: text/xml\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(RECEIPT), RECEIPT)
    )
    variables = {"GPD_WORKERS": "1", "GPD_THREADS": "2"}
    with serving("node", database, tmp_path / "log", **variables) as address, ExitStack() as open_:
        url_parts = urlsplit(address)
        with store.begin() as holding:
            holding.execute(text("SELECT 1 FROM payment_option WHERE iupd = 'SINGLE' FOR UPDATE"))
            senders = []
            for _ in range(TOO_MANY):
                connection = socket.create_connection(
                    (url_parts.hostname, url_parts.port), timeout=180
                )
                senders.append(open_.enter_context(connection))
                connection.sendall(request)
        begun = Counter(sender.recv(12) for sender in senders)
    store.close()

    assert begun.keys() <= {b"HTTP/1.1 200", b"HTTP/1.1 503"}


def test_request_that_arrives_byte_by_byte_is_closed_in_time(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """The limit holds for the head and for the body."""
    database = fresh_database("sqlite", living)
    head = b"POST /partner HTTP/1.1\r\nHost: here\r\nContent-Length: 900\r\n"
    variables = {"GPD_WORKERS": "1", "GPD_THREADS": "2"}
    with serving("node", database, tmp_path / "log", **variables) as address:
        url_parts = urlsplit(address)
        slow = [socket.create_connection((url_parts.hostname, url_parts.port)) for _ in range(2)]
        slow[0].sendall(head)
        slow[1].sendall(head + b"\r\n<")
        begun = time.monotonic()
        while all(_still_open(each) for each in slow):
            assert time.monotonic() - begun < 8 * ARRIVAL_SECONDS
            time.sleep(0.2)
        held = time.monotonic() - begun
        answered = requests.post(address, VERIFY, headers=XML, timeout=180)
        for each in slow:
            each.close()

    assert held > ARRIVAL_SECONDS / 2
    assert answered.status_code == 200


def _still_open(sender: socket.socket) -> bool:
    """Send one byte; return True if the other end still accepts it."""
    try:
        sender.send(b"x")
        return sender.recv(1, socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
