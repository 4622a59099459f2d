"""Stopping and reloading a server at work: what was begun is finished, and nothing is lost."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from sqlalchemy import text

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.e2e.load import ANSWERED, OK, REFUSED, asking, kept
from tests.e2e.served import Served, started
from tests.e2e.test_served import RECEIPT, VERIFY, XML, living
from tests.waiting import children, until, until_locked_out


def post(served: Served, message: bytes) -> requests.Response:
    """Ask the node face."""
    return requests.post(served.url, message, headers=XML, timeout=15)


def refused(served: Served) -> bool:
    """Whether a connection is refused; one that waits in the queue of a socket is sent away."""
    try:
        post(served, VERIFY)
    except requests.ConnectionError as error:
        return "Errno 111" in str(error)
    return False


def test_a_stop_finishes_what_is_in_hand(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    """A receipt held up by a lock is answered; whoever comes meanwhile is refused at once."""
    database = fresh_database("postgresql", living)
    store = Store(database)
    with started("node", database, tmp_path / "log") as served, ThreadPoolExecutor(1) as pool:
        with store.begin() as holding:
            holding.execute(text("SELECT 1 FROM payment_option WHERE iupd = 'SINGLE' FOR UPDATE"))
            held = pool.submit(post, served, RECEIPT)
            until_locked_out(store, 1)
            served.process.send_signal(signal.SIGTERM)
            until(lambda: refused(served), "a connection that is refused")
            still_held = not held.done()
        answered = held.result(DRAIN_SECONDS)
        ended = served.process.wait(DRAIN_SECONDS)
    store.close()

    assert OK in answered.content
    assert still_held
    assert ended == 0


def test_a_stop_under_load_loses_nothing(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    """Each answer is whole or refused, every receipt acknowledged is kept, and it ends in time."""
    database = fresh_database("postgresql", living)
    with started("node", database, tmp_path / "log") as served, asking(served.url) as load:
        until(lambda: load.ends[ANSWERED] > 20, "answers")
        served.process.send_signal(signal.SIGTERM)
        ended = served.process.wait(DRAIN_SECONDS)
        until(lambda: load.ends[REFUSED], "a refusal")

    assert ended == 0
    assert load.ends[ANSWERED] > 20
    assert load.ends[REFUSED] > 0
    assert set(load.ends) <= {ANSWERED, REFUSED, "503"}
    assert load.acknowledged
    assert load.acknowledged <= kept(database)


def duplicate(served: Served) -> bytes:
    """What is said now to a receipt that is kept already."""
    return post(served, RECEIPT).content


def test_a_reload_takes_new_settings_without_a_lost_answer(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """The file is read anew and holds from then on; whoever asked meanwhile was answered."""
    database, told = fresh_database("postgresql", living), tmp_path / "gpd.toml"
    told.write_text('duplicate_receipt = "ok"', encoding="utf-8")
    with started("node", database, tmp_path / "log", GPD_CONFIG=str(told)) as served:
        duplicate(served)
        before = duplicate(served)
        with asking(served.url) as load:
            until(lambda: load.acknowledged, "a receipt")
            old = children(served.process.pid)
            told.write_text('duplicate_receipt = "fault"', encoding="utf-8")
            served.process.send_signal(signal.SIGHUP)
            until(lambda: OK not in duplicate(served), "the new setting")
            until(lambda: not old & children(served.process.pid), "the end of the old workers")
        after = {b"PAA_RECEIPT_DUPLICATA" in duplicate(served) for _ in range(10)}

    assert OK in before
    assert after == {True}
    assert set(load.ends) == {ANSWERED}
    assert load.acknowledged <= kept(database)


def test_a_reload_that_cannot_be_changes_nothing(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """A misspelt file is complained of, and what was told before still holds."""
    database, told, log = fresh_database("sqlite", living), tmp_path / "gpd.toml", tmp_path / "log"
    told.write_text('duplicate_receipt = "fault"', encoding="utf-8")
    with started("node", database, log, GPD_CONFIG=str(told)) as served:
        duplicate(served)
        told.write_text('duplicate_receipt = "perhaps"', encoding="utf-8")
        served.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + DRAIN_SECONDS
        while "not reloaded" not in log.read_text("utf-8") and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)  # the old workers go
        after = duplicate(served)

    assert "not reloaded" in log.read_text("utf-8")
    assert "perhaps" not in log.read_text("utf-8")
    assert b"PAA_RECEIPT_DUPLICATA" in after
