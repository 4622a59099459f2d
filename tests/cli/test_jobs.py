"""Background work on the command line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import select

from gpd_soap.cli.main import main
from gpd_soap.store import tables
from gpd_soap.store.database.transaction import in_transaction
from gpd_soap.store.events import write
from gpd_soap.store.jobs import queue
from gpd_soap.store.jobs.queue import EVERY, NewJob, State
from gpd_soap.store.store import Store
from tests.conftest import FreshDatabase
from tests.store.events.test_numbering import event
from tests.store.samples import ACTOR, NOW, ORGANIZATION, prepare
from tests.waiting import until


def run(url: str, *arguments: str) -> Result:
    """Runs a command."""
    return CliRunner().invoke(main, arguments, env={"GPD_DATABASE_URL": url})


def begin(store: Store, organization: str = ORGANIZATION) -> str:
    """Begins a job that no worker can do, and returns its id."""
    new = NewJob(organization, "test.work", {}, ACTOR)
    return in_transaction(store, lambda c: queue.enqueue(c, new, NOW))


def test_jobs_are_listed_shown_cancelled_and_attempted_again(fresh_database: FreshDatabase):
    """A dead one says why, and each change leaves a row of the audit."""
    url = fresh_database("sqlite", prepare)
    store = Store(url)
    job, other = begin(store), begin(store, EVERY)

    listed = run(url, "jobs", "list", "--organization", ORGANIZATION)
    everything = run(url, "jobs", "list", "--json")
    shown = run(url, "jobs", "show", job)
    assert listed.stdout.split()[:5] == [job, "test.work", ORGANIZATION, "waiting", "0/?"]
    assert {json.loads(line)["id"] for line in everything.stdout.splitlines()} == {job, other}
    assert f"id: {job}" in shown.stdout
    assert run(url, "jobs", "cancel", job).stdout == "cancelled\n"
    again = run(url, "jobs", "retry", job)
    assert (again.exit_code, "not waiting" in again.output) == (1, True)
    assert run(url, "jobs", "retry", other).stdout == "waiting\n"
    missing = run(url, "jobs", "show", "job_0")
    assert (missing.exit_code, "jobs list" in missing.output) == (1, True)
    with store.reading() as connection:
        audited = connection.execute(select(tables.audit.c.path, tables.audit.c.resource))
        assert set(audited) == {("jobs cancel", job), ("jobs retry", other)}
    store.close()


def test_work_numbers_events_and_does_its_schedules_until_it_is_stopped(
    fresh_database: FreshDatabase, tmp_path: Path
):
    """SIGTERM ends it at once."""
    url = fresh_database("sqlite", prepare)
    store = Store(url)
    environment = {"PATH": os.environ["PATH"], "GPD_DATABASE_URL": url}
    command = [sys.executable, "-m", "gpd_soap", "work"]
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(command, env=environment, stderr=errors)  # ours
    try:
        with store.begin() as connection:
            write.write(connection, [event("A")])

        def is_done() -> bool:
            with store.reading() as connection:
                numbered = connection.execute(select(tables.event.c.sequence)).scalar()
                states = list(connection.execute(select(tables.job.c.state, tables.job.c.ended_at)))
            return numbered == 1 and len(states) == 3 and all(row.ended_at for row in states)

        until(is_done, "the work was not done")
    finally:
        process.send_signal(signal.SIGTERM)

    assert process.wait(60) == 0
    assert (tmp_path / "errors").read_text() == ""
    with store.reading() as connection:
        assert set(connection.execute(select(tables.job.c.state)).scalars()) == {State.WAITING}
    store.close()
