"""Stopping and reloading a server at work: what was begun is finished, and nothing is lost."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy import text

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.e2e.load import ANSWERED, OK, REFUSED, asking, kept
from tests.e2e.served import Served, started
from tests.e2e.test_served import RECEIPT, VERIFY, XML, living

#: LIMIT: less than a writer waits for a lock, or the receipt would end in 503.
HELD_SECONDS = 3.0


def post(served: Served, message: bytes) -> requests.Response:
    """Ask the node face."""
    return requests.post(served.url, message, headers=XML, timeout=15)


def test_a_stop_finishes_what_is_in_hand(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    """A receipt held up by a lock is answered; whoever comes meanwhile is refused at once."""
    database = fresh_database("postgresql", living)
    store = Store(database)
    with started("node", database, tmp_path / "log") as served, ThreadPoolExecutor(1) as pool:
        with store.begin() as holding:
            holding.execute(text("SELECT 1 FROM payment_option WHERE iupd = 'SINGLE' FOR UPDATE"))
            held = pool.submit(post, served, RECEIPT)
            time.sleep(HELD_SECONDS / 3)
            served.process.send_signal(signal.SIGTERM)
            time.sleep(HELD_SECONDS / 3)
            begun = time.monotonic()
            with pytest.raises(requests.ConnectionError, match="refused"):
                post(served, VERIFY)
            took = time.monotonic() - begun
            time.sleep(HELD_SECONDS / 3)
        answered = held.result(DRAIN_SECONDS)
        ended = served.process.wait(DRAIN_SECONDS)
    store.close()

    assert OK in answered.content
    assert took < 1.0
    assert ended == 0


def test_a_stop_under_load_loses_nothing(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    """Each answer is whole or refused, every receipt acknowledged is kept, and it ends in time."""
    database = fresh_database("postgresql", living)
    with started("node", database, tmp_path / "log") as served, asking(served.url) as load:
        time.sleep(2)
        served.process.send_signal(signal.SIGTERM)
        ended = served.process.wait(DRAIN_SECONDS)
        time.sleep(0.2)

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
            time.sleep(1)
            told.write_text('duplicate_receipt = "fault"', encoding="utf-8")
            served.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + DRAIN_SECONDS
            while OK in duplicate(served) and time.monotonic() < deadline:
                time.sleep(0.1)
            time.sleep(1)  # the old workers go
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
