"""Stopping and reloading a busy server: requests under way are finished, and nothing is lost."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from sqlalchemy import text

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.e2e.load import ANSWERED, OK, REFUSED, asking, stored_receipts
from tests.e2e.served import Served, started
from tests.e2e.test_served import RECEIPT, VERIFY, XML, living
from tests.waiting import children, until, until_locked_out


def post(served: Served, message: bytes) -> requests.Response:
    """Send a message to the node face."""
    return requests.post(served.url, message, headers=XML, timeout=180)


def refused(served: Served) -> bool:
    """Return True if a connection is refused; one in a closing queue is reset instead."""
    try:
        post(served, VERIFY)
    except requests.ConnectionError as error:
        return "Errno 111" in str(error)
    return False


def test_stopped_server_answers_the_request_under_way_and_refuses_new_ones(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """A lock holds the receipt up when the server is stopped."""
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
        exit_code = served.process.wait(DRAIN_SECONDS)
    store.close()

    assert OK in answered.content
    assert still_held
    assert exit_code == 0


def test_server_stopped_under_load_loses_no_receipt(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Each answer is whole or refused, and the server ends in time."""
    database = fresh_database("postgresql", living)
    with started("node", database, tmp_path / "log") as served, asking(served.url) as load:
        until(lambda: load.ends[ANSWERED] > 20, "answers")
        served.process.send_signal(signal.SIGTERM)
        exit_code = served.process.wait(DRAIN_SECONDS)
        until(lambda: load.ends[REFUSED], "a refusal")

    assert exit_code == 0
    assert load.ends[ANSWERED] > 20
    assert load.ends[REFUSED] > 0
    assert set(load.ends) <= {ANSWERED, REFUSED, "503"}
    assert load.acknowledged
    assert load.acknowledged <= stored_receipts(database)


def duplicate(served: Served) -> bytes:
    """Answer to a repeated receipt."""
    return post(served, RECEIPT).content


def test_reload_applies_new_settings_without_a_lost_answer(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Requests during the reload are answered."""
    database, file = fresh_database("postgresql", living), tmp_path / "gpd.toml"
    file.write_text('duplicate_receipt = "ok"', encoding="utf-8")
    with started("node", database, tmp_path / "log", GPD_CONFIG=str(file)) as served:
        duplicate(served)
        before = duplicate(served)
        with asking(served.url) as load:
            until(lambda: load.acknowledged, "a receipt")
            old = children(served.process.pid)
            file.write_text('duplicate_receipt = "fault"', encoding="utf-8")
            served.process.send_signal(signal.SIGHUP)
            until(lambda: OK not in duplicate(served), "the new setting")
            until(lambda: not old & children(served.process.pid), "the end of the old workers")
        after = {b"PAA_RECEIPT_DUPLICATA" in duplicate(served) for _ in range(10)}

    assert OK in before
    assert after == {True}
    assert set(load.ends) == {ANSWERED}
    assert load.acknowledged <= stored_receipts(database)


def test_reload_with_an_invalid_setting_changes_nothing(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """The log says so without the value, and the old setting still holds."""
    database, file, log_path = (
        fresh_database("sqlite", living),
        tmp_path / "gpd.toml",
        tmp_path / "log",
    )
    file.write_text('duplicate_receipt = "fault"', encoding="utf-8")
    with started("node", database, log_path, GPD_CONFIG=str(file)) as served:
        duplicate(served)
        file.write_text('duplicate_receipt = "perhaps"', encoding="utf-8")
        served.process.send_signal(signal.SIGHUP)
        until(lambda: "not reloaded" in log_path.read_text("utf-8"), "no line on the reload")
        time.sleep(1)  # the old workers would end
        after = duplicate(served)

    assert "perhaps" not in log_path.read_text("utf-8")
    assert b"PAA_RECEIPT_DUPLICATA" in after
