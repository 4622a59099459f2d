"""Upgrade without downtime: an older version and this one work on one database."""

import io
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import requests
from sqlalchemy import text

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.e2e.load import ANSWERED, asking, stored_receipts
from tests.e2e.served import PROGRAM, started
from tests.e2e.test_served import living
from tests.waiting import until

ROOT = Path(__file__).parents[2]
#: The last commits with newest migration 0008 and 0002, and the first migration that is then
#: applied.
PREVIOUS = {
    "the one before": ("30b38b9", "applied: 0009"),
    "seven before": ("95bf30e", "applied: 0003"),
}
#: WHY: without -P, Python would import the program in the current folder, which is this version.
OLD_PYTHON = [sys.executable, "-P"]
PREPARE = "import sys; from tests.e2e.test_served import living; living(sys.argv[1])"


def previous(tmp_path: Path, commit: str) -> dict[str, str]:
    """Take a version out of the history; the environment that makes Python import it."""
    home = tmp_path / "previous"
    archive = ["git", "-C", str(ROOT), "archive", "--format=zip", commit]
    archived = subprocess.run(archive, capture_output=True, check=False)
    assert archived.returncode == 0, f"{commit} is not in this clone: git fetch --unshallow"
    with zipfile.ZipFile(io.BytesIO(archived.stdout)) as files:
        files.extractall(home)
    return {"PYTHONPATH": str(home)}


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("commit", "applied"), PREVIOUS.values(), ids=PREVIOUS)
def test_upgrade_under_load_loses_no_receipt(
    fresh_database: FreshDatabase, tmp_path: Path, commit: str, applied: str
) -> None:
    """The old version goes on while the database is upgraded and the new version takes over."""
    before = previous(tmp_path, commit)
    database = fresh_database("postgresql")
    environment = {"GPD_DATABASE_URL": database}
    prepared = run(*OLD_PYTHON, "-c", PREPARE, database, **before)
    assert prepared.returncode == 0, prepared.stderr

    old_program = (*OLD_PYTHON, "-m", "gpd_soap")
    with (
        started("node", database, tmp_path / "old", old_program, **before) as old,
        asking(old.url, "old") as old_load,
    ):
        until(lambda: old_load.acknowledged, "a receipt")
        upgraded = run(*PROGRAM, "db", "upgrade", **environment)
        assert upgraded.stdout.startswith(applied), upgraded.stderr
        acknowledged_before = len(old_load.acknowledged)
        until(
            lambda: len(old_load.acknowledged) > acknowledged_before, "a receipt after the upgrade"
        )
        with (
            started("node", database, tmp_path / "new") as new,
            asking(new.url, "new") as new_load,
        ):
            until(lambda: new_load.acknowledged, "a receipt of the new one")
            refused = run(*old_program, "db", "check", **environment, **before)
            old_load.stop()  # the balancer sends to the new one
            time.sleep(0.5)
            old.process.send_signal(signal.SIGTERM)
            old.process.wait(DRAIN_SECONDS)
            acknowledged_with_old = len(new_load.acknowledged)
            until(
                lambda: len(new_load.acknowledged) > acknowledged_with_old,
                "a receipt of the new one alone",
            )

    assert "not of this version" in refused.stderr  # the old version cannot start on it
    assert set(old_load.ends) == {ANSWERED}
    assert set(new_load.ends) == {ANSWERED}
    assert old_load.acknowledged
    assert new_load.acknowledged
    assert old_load.acknowledged | new_load.acknowledged <= stored_receipts(database)


def test_server_stays_ready_while_a_later_version_upgrades_the_database(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Otherwise a balancer would remove every old server before a new one is there."""
    database = fresh_database("sqlite", living)
    with started("node", database, tmp_path / "log") as served:
        store = Store(database)
        with store.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
        store.close()
        ready = requests.get(served.url.replace("/partner", "/health/ready"), timeout=180)

    assert ready.status_code == 200
    assert "revision later" in ready.json()["schema"]
