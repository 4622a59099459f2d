"""A server does background work in the processes of its admin face, and nowhere else."""

from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from gpd_soap.store import tables
from gpd_soap.store.events import write
from gpd_soap.store.store import Store
from tests.conftest import KINDS, FreshDatabase
from tests.e2e.served import started
from tests.store.events.test_numbering import event
from tests.store.samples import prepare
from tests.waiting import until


def ended_schedules(store: Store) -> int:
    """Returns how many schedules have been done once."""
    with store.reading() as connection:
        statement = select(func.count()).where(tables.job.c.ended_at.is_not(None))
        return connection.execute(statement).scalar_one()


def number(store: Store) -> int | None:
    """Returns the number of the one event."""
    with store.reading() as connection:
        return connection.execute(select(tables.event.c.sequence)).scalar()


@pytest.mark.parametrize("kind", KINDS)
def test_server_of_both_faces_numbers_events_and_does_its_schedules(
    kind: str, fresh_database: FreshDatabase, tmp_path: Path
):
    """Nothing else has to be started, and a stop is as quick as without work."""
    url = fresh_database(kind, prepare)
    store = Store(url)
    with started("all", url, tmp_path / "log") as served:
        with store.begin() as connection:
            write.write(connection, [event("A")])
        until(lambda: number(store) == 1, "the event has no number")
        until(lambda: ended_schedules(store) == 3, "the schedules were not done")
    store.close()

    assert served.process.returncode == 0
    text = (tmp_path / "log").read_text("utf-8")
    assert "no jobs" not in text
    assert "WARNING" not in text.upper()


@pytest.mark.parametrize(
    ("face", "variables"), [("node", {}), ("all", {"GPD_WORK": "false"})], ids=["node", "off"]
)
def test_server_without_work_does_none(
    face: str, variables: dict[str, str], fresh_database: FreshDatabase, tmp_path: Path
):
    """The processes of the node face answer the Node, and do nothing else."""
    url = fresh_database("sqlite", prepare)
    store = Store(url)
    with store.begin() as connection:
        write.write(connection, [event("A")])
    with started(face, url, tmp_path / "log", **variables) as served:
        for _ in range(10):
            assert requests.get(served.url.replace("partner", "health/live"), timeout=180).ok

        assert (number(store), ended_schedules(store)) == (None, 0)
    store.close()
