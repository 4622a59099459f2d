"""A new master that takes over the sockets of an old one (SIGUSR2), and its stop."""

import os
import signal
from collections import Counter
from pathlib import Path

import requests

from tests import world
from tests.conftest import FreshDatabase
from tests.drills.apps import alive
from tests.e2e.served import Served, started
from tests.waiting import children, until


def new_master(served: Served) -> set[int]:
    """The child of the first master that has workers of its own."""
    return {each for each in children(served.process.pid) if children(each)}


def test_new_master_serves_on_when_the_old_one_stops(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """No request is refused; SIGTERM and SIGHUP reach the new one as the first."""
    database, log_path = fresh_database("sqlite", world.prepare), tmp_path / "log"
    statuses: Counter[int] = Counter()

    with started("node", database, log_path, GPD_WORKERS="1") as served:
        live = served.url.replace("/partner", "/health/live")

        def answers() -> bool:
            statuses[requests.get(live, timeout=180).status_code] += 1
            return True

        served.process.send_signal(signal.SIGUSR2)
        until(lambda: answers() and bool(new_master(served)), "a new master")
        [master] = new_master(served)
        try:
            served.process.send_signal(signal.SIGTERM)
            until(lambda: answers() and served.process.poll() is not None, "the old one's end")
            workers = children(master)
            os.kill(master, signal.SIGHUP)
            until(lambda: answers() and not workers & children(master), "other workers")
        finally:
            os.kill(master, signal.SIGTERM)
        until(lambda: not alive(master), "the new one's end")

    assert set(statuses) == {200}
    assert "Traceback" not in log_path.read_text("utf-8")
