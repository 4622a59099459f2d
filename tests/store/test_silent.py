"""A PostgreSQL that is there and does not answer: nobody waits for it longer than for us."""

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
from tests.calling import Answered, call
from tests.messages.build import asked, claim, qr, receipt
from tests.postgres import Postgres
from tests.store import samples

#: A payable notice, and one that nobody knows, whose receipt takes another way into the store.
KNOWN, UNKNOWN = 12, 900


@pytest.fixture
def alone() -> Iterator[tuple[Postgres, Store]]:
    """A server that waits for a standby which there is not, as Patroni's strict mode has it."""
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


def ask(store: Store, primitive: str, content: str) -> Answered:
    """One question to a node face."""
    face = node_face(Settings(public_url="http://ec/partner", journal="log"), store, utc_now)
    return call(face, "POST", "/partner", asked(primitive, claim() + content).encode())


@pytest.mark.parametrize("serial", [KNOWN, UNKNOWN])
def test_a_receipt_without_a_second_copy_is_not_answered_ok(
    alone: tuple[Postgres, Store], serial: int
) -> None:
    """503 within the Node's time, while questions go on; with a copy it is kept once, and OK."""
    server, store = alone
    begun = time.monotonic()
    first = ask(store, "paSendRTV2", receipt(world.nav(serial), receiptId="r"))
    took = time.monotonic() - begun
    verified = ask(store, "paVerifyPaymentNotice", qr(world.nav(KNOWN)))
    server.settings.clear()
    server.restart()
    again = ask(store, "paSendRTV2", receipt(world.nav(serial), receiptId="r"))
    with store.begin() as connection:
        rows = connection.execute(tables.receipt.select()).all()

    assert (first.status, took < 5 * engine.ANSWER_SECONDS) == (503, True)
    assert b"<outcome>OK</outcome>" in verified.body
    assert (again.status, b"<outcome>OK</outcome>" in again.body) == (200, True)
    assert len(rows) == 1


def test_a_question_that_is_not_answered_is_given_up(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread goes on, and the next question has a session that answers."""
    monkeypatch.setattr(session, "ANSWER_SECONDS", 0.3)
    url = postgres.create_database("silent")
    samples.prepare(url)
    store = Store(url)
    assert store.known(samples.receipt(1)) is not None
    backend = store._connections._held().driver.info.backend_pid

    os.kill(backend, signal.SIGSTOP)
    try:
        with pytest.raises(psycopg.OperationalError):
            store.known(samples.receipt(1))
        assert store.known(samples.receipt(1)) is not None
    finally:
        os.kill(backend, signal.SIGCONT)
        store.close()


def test_an_operator_may_wait_longer(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is done patiently takes its time; what comes after it on the same session does not."""
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
