"""Workers that are pinned to a core each."""

import os
import signal
import time
from pathlib import Path

from tests import world
from tests.conftest import FreshDatabase
from tests.e2e.served import started

WITHIN = 60.0


def cores(master: int) -> dict[int, set[int]]:
    """Cores of each worker, once each core has one worker or the time is up."""
    deadline = time.monotonic() + WITHIN
    while True:
        children = Path(f"/proc/{master}/task/{master}/children").read_text("ascii").split()
        cores_of = {int(child): os.sched_getaffinity(int(child)) for child in children}
        if sorted(map(tuple, cores_of.values())) == expected() or time.monotonic() > deadline:
            return cores_of
        time.sleep(0.05)


def wait_for_end(worker: int) -> None:
    """Wait until a process has ended."""
    deadline = time.monotonic() + WITHIN
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def expected() -> list[tuple[int, ...]]:
    """Cores of the workers when each core of ours has one."""
    return [(core,) for core in sorted(os.sched_getaffinity(0))]


def test_worker_is_pinned_to_a_core_and_its_successor_to_the_same(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    """The workers are spread over all cores."""
    variables = {"GPD_PIN": "true", "GPD_WORKERS": str(len(expected()))}
    url = fresh_database("sqlite", world.prepare)
    with started("node", url, tmp_path / "log", **variables) as (_, master):
        before = cores(master.pid)
        os.kill(min(before), signal.SIGKILL)
        wait_for_end(min(before))
        after = cores(master.pid)

    assert sorted(map(tuple, before.values())) == expected()
    assert sorted(map(tuple, after.values())) == expected()
    assert min(before) not in after
