"""A worker that is killed by the system in the middle of a load, and the one that goes on."""

import signal
import subprocess
import sys
from datetime import timedelta

from gpd_soap.store import tables
from gpd_soap.store.loads.loads import State
from tests.store.samples import NOW
from tests.usecases.loads.files import as_csv, line
from tests.usecases.loads.harness import LoadHarness

ROWS = 100
#: The commit before which the worker is killed; a load needs more, for each has a batch or less.
COMMIT = 12
#: LIMIT: seconds in which a process starts and stores some batches.
PATIENCE = 120
PROGRAM = """
import itertools
import os
import signal
import sys
from datetime import datetime
from sqlalchemy import Engine, event
from gpd_soap.store.store import Store
from gpd_soap.usecases.jobs.worker import Worker
from gpd_soap.usecases.loading import load
from gpd_soap.usecases.loads.work import kinds
load.BATCH = 5
now = datetime.fromisoformat(sys.argv[2])
commits = itertools.count(1)

@event.listens_for(Engine, "commit")
def kill(_connection):
    if next(commits) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

Worker(Store(sys.argv[1]), kinds(), lambda: now).once()
"""


def test_load_whose_worker_is_killed_is_complete_and_has_no_row_twice(harness: LoadHarness):
    """Kill -9 after some of 20 batches; another worker does the rest once the lease is over."""
    load = harness.tried(as_csv([line(number) for number in range(1, ROWS + 1)]))
    harness.begin(load)
    url = harness.store.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", PROGRAM, url, NOW.isoformat(), str(COMMIT)]
    killed = subprocess.run(command, check=False, timeout=PATIENCE)
    assert killed.returncode == -signal.SIGKILL
    stored = harness.count(tables.load_row)
    assert 0 < stored < ROWS
    assert len(harness.iupds()) == stored

    assert harness.work() == 0
    harness.now += timedelta(minutes=2)
    assert harness.work() == 1

    load = harness.get(load)
    assert load.state == State.LOADED
    assert load.figures["ready"] == harness.count(tables.load_row) == len(harness.iupds()) == ROWS
    assert harness.count(tables.payment_option) == ROWS
