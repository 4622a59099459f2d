"""Upgrading without downtime: the version before and this one at work on one database."""

import io
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
import requests
from sqlalchemy import text

from gpd_soap.server.gunicorn import DRAIN_SECONDS
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.e2e.load import ANSWERED, asking, kept
from tests.e2e.served import PROGRAM, started
from tests.e2e.test_served import living
from tests.waiting import until

ROOT = Path(__file__).parents[2]
#: The last commits whose newest migration is 0008 and 0002, what is applied to the database of such
#: a version, and how messages may end there meanwhile.
#: LIMIT: seven migrations in one transaction lock receipts before payment options, and a receipt's
#: question wants them the other way round: PostgreSQL ends it after a second, and it is sent again.
PREVIOUS = {
    "the one before": ("30b38b9", "applied: 0009", {ANSWERED}),
    "seven before": ("95bf30e", "applied: 0003", {ANSWERED, "503"}),
}
#: WHY: without -P it is the current folder's program that would run, which is this version's.
ANOTHERS = [sys.executable, "-P"]
PREPARE = "import sys; from tests.e2e.test_served import living; living(sys.argv[1])"


def previous(tmp_path: Path, commit: str) -> dict[str, str]:
    """The variable by which Python finds a version before, taken out of the history."""
    home = tmp_path / "previous"
    archive = ["git", "-C", str(ROOT), "archive", commit]
    archived = subprocess.run(archive, capture_output=True, check=False)
    assert archived.returncode == 0, f"{commit} is not in this clone: git fetch --unshallow"
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as files:
        files.extractall(home, filter="data")
    return {"PYTHONPATH": str(home)}


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("commit", "applied", "ends"), PREVIOUS.values(), ids=PREVIOUS)
def test_an_upgrade_under_load_loses_nothing(
    fresh_database: FreshDatabase, tmp_path: Path, commit: str, applied: str, ends: set[str]
) -> None:
    """The old version goes on while the database is upgraded and the new one takes over."""
    before = previous(tmp_path, commit)
    database = fresh_database("postgresql")
    told = {"GPD_DATABASE_URL": database}
    prepared = run(*ANOTHERS, "-c", PREPARE, database, **before)
    assert prepared.returncode == 0, prepared.stderr

    old_program = (*ANOTHERS, "-m", "gpd_soap")
    with (
        started("node", database, tmp_path / "old", old_program, **before) as old,
        asking(old.url, "old") as old_load,
    ):
        until(lambda: old_load.acknowledged, "a receipt")
        upgraded = run(*PROGRAM, "db", "upgrade", **told)
        before_it = len(old_load.acknowledged)
        until(lambda: len(old_load.acknowledged) > before_it, "a receipt after the upgrade")
        with (
            started("node", database, tmp_path / "new") as new,
            asking(new.url, "new") as new_load,
        ):
            until(lambda: new_load.acknowledged, "a receipt of the new one")
            refused = run(*old_program, "db", "check", **told, **before)
            old_load.stop()  # whoever balances sends to the new one
            time.sleep(0.5)
            old.process.send_signal(signal.SIGTERM)
            old.process.wait(DRAIN_SECONDS)
            alone = len(new_load.acknowledged)
            until(lambda: len(new_load.acknowledged) > alone, "a receipt of the new one alone")

    assert upgraded.stdout.startswith(applied)
    assert "not of this version" in refused.stderr  # it was the old one, and would not start now
    assert {ANSWERED} <= set(old_load.ends) <= ends
    assert set(new_load.ends) == {ANSWERED}
    assert old_load.acknowledged
    assert new_load.acknowledged
    assert old_load.acknowledged | new_load.acknowledged <= kept(database)


def test_who_runs_stays_ready_while_a_later_version_upgrades(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Or else whoever asks would take all of the old ones away before there is a new one."""
    database = fresh_database("sqlite", living)
    with started("node", database, tmp_path / "log") as served:
        store = Store(database)
        with store.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
        store.close()
        ready = requests.get(served.url.replace("/partner", "/health/ready"), timeout=10)

    assert ready.status_code == 200
    assert "revision later" in ready.json()["schema"]
