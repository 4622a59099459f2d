"""A process may be kept to a core of its own."""

import os
import signal
import time
from pathlib import Path

from tests import world
from tests.conftest import FreshDatabase
from tests.e2e.served import started

WITHIN = 60.0


def cores(master: int) -> dict[int, set[int]]:
    """Each worker's cores, once there is one on each, or when time is up."""
    deadline = time.monotonic() + WITHIN
    while True:
        children = Path(f"/proc/{master}/task/{master}/children").read_text("ascii").split()
        found = {int(child): os.sched_getaffinity(int(child)) for child in children}
        if sorted(map(tuple, found.values())) == expected() or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def gone(worker: int) -> None:
    """Wait until a process is no more."""
    deadline = time.monotonic() + WITHIN
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def expected() -> list[tuple[int, ...]]:
    """One worker on each core that we may use."""
    return [(core,) for core in sorted(os.sched_getaffinity(0))]


def test_each_worker_keeps_to_a_core_and_the_next_one_takes_it_over(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """Workers are spread over the cores that there are, also when one has ended."""
    told = {"GPD_PIN": "true", "GPD_WORKERS": str(len(expected()))}
    url = fresh_database("sqlite", world.prepare)
    with started("node", url, tmp_path / "log", **told) as (_, master):
        before = cores(master.pid)
        os.kill(min(before), signal.SIGKILL)
        gone(min(before))
        after = cores(master.pid)

    assert sorted(map(tuple, before.values())) == expected()
    assert sorted(map(tuple, after.values())) == expected()
    assert min(before) not in after
