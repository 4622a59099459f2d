"""A PostgreSQL that does not answer: every wait has a limit."""

import os
import signal
import time
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from gpd_soap.clock import utc_now
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.database import engine, session
from gpd_soap.store.store import Store
from gpd_soap.wiring import node_face
from tests import world
from tests.calling import Response, call
from tests.messages.build import claim, qr, receipt, soap_request
from tests.postgres import Postgres
from tests.store import samples

#: A payable notice, and an unknown one, whose receipt is stored by another statement.
KNOWN, UNKNOWN = 12, 900


@pytest.fixture
def without_standby() -> Iterator[tuple[Postgres, Store]]:
    """Yields a server that waits for a missing standby, as in Patroni's strict mode."""
    with Postgres() as server:
        url = server.create_database("gpd")
        world.prepare(url)
        server.settings["synchronous_standby_names"] = "nobody"
        server.restart()
        store = Store(url)
        yield server, store
        server.settings.clear()
        server.restart()
        store.close()


def call_node_face(store: Store, primitive: str, content: str) -> Response:
    """Sends one request to a node face."""
    face = node_face(Settings(public_url="http://ec/partner", journal="log"), store, utc_now)
    return call(face, "POST", "/partner", soap_request(primitive, claim() + content).encode())


@pytest.mark.parametrize("serial", [KNOWN, UNKNOWN])
def test_receipt_without_a_standby_is_503_until_there_is_one(
    without_standby: tuple[Postgres, Store], serial: int
) -> None:
    """The answer comes in the Node's time, and the repeated receipt is stored once."""
    server, store = without_standby
    begun = time.monotonic()
    first = call_node_face(store, "paSendRTV2", receipt(world.nav(serial), receiptId="r"))
    took = time.monotonic() - begun
    verified = call_node_face(store, "paVerifyPaymentNotice", qr(world.nav(KNOWN)))
    server.settings.clear()
    server.restart()
    again = call_node_face(store, "paSendRTV2", receipt(world.nav(serial), receiptId="r"))
    with store.begin() as connection:
        rows = connection.execute(tables.receipt.select()).all()

    assert (first.status, took < 5 * engine.ANSWER_SECONDS) == (503, True)
    assert b"<outcome>OK</outcome>" in verified.body
    assert (again.status, b"<outcome>OK</outcome>" in again.body) == (200, True)
    assert len(rows) == 1


def test_query_without_an_answer_raises_after_its_limit(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread goes on, and its next query has a new session."""
    monkeypatch.setattr(session, "ANSWER_SECONDS", 0.3)
    url = postgres.create_database("silent")
    samples.prepare(url)
    store = Store(url)
    assert store.receipt_facts(samples.receipt(1)) is not None
    backend = store._connections._current().driver.info.backend_pid

    os.kill(backend, signal.SIGSTOP)
    try:
        with pytest.raises(psycopg.OperationalError):
            store.receipt_facts(samples.receipt(1))
        assert store.receipt_facts(samples.receipt(1)) is not None
    finally:
        os.kill(backend, signal.SIGCONT)
        store.close()


def test_transaction_without_statement_timeout_may_exceed_the_limit(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The next transaction on the same session has the limit again."""
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 0.3)
    store, slow = Store(postgres.url("postgres")), text("SELECT pg_sleep(1)")
    with store.begin() as connection:
        engine.without_statement_timeout(connection)
        connection.execute(slow)
    with pytest.raises(OperationalError), store.begin() as connection:
        connection.execute(slow)
    with store.begin() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    store.close()
    assert caplog.messages == []
