"""Kills workers and those who begin jobs at random instants, then judges every job.

`python -m tests.drills.jobs` holds the long form.
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, select

from gpd_soap.core.event import EventType
from gpd_soap.store import tables
from gpd_soap.store.jobs.queue import State
from gpd_soap.store.store import Store
from tests.drills.working import LEASE, begin_jobs, do_jobs, waiting
from tests.postgres import Postgres
from tests.store.samples import prepare
from tests.waiting import until

WORKERS = 3
#: Seconds for the rest of the jobs at the end.
REST = 300.0
#: Steps that are done between two blows, and then seconds until the blow.
BETWEEN, PAUSE = 5, 0.1
KILL, SLEEP, BEGINNER = "worker killed", "worker asleep", "beginner killed"
# WHY: a forked copy of a process that has imported everything starts at once.
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["tests.drills.working"])
EVENT = tables.event.c


class Report(NamedTuple):
    """What was done and what is wrong; `continued` jobs were done by several processes."""

    jobs: int
    steps: int
    continued: int
    blows: dict[str, int]
    seconds: float
    broken: list[str]


def effects(store: Store) -> int:
    """Return how many steps were done."""
    with store.reading() as connection:
        done = select(func.count()).where(EVENT.type == str(EventType.POSITION_UPDATED))
        return connection.execute(done).scalar_one()


class Crowd:
    """Processes that are begun again after each kill."""

    def __init__(self, url: str, chance: random.Random) -> None:
        self._url, self._chance = url, chance
        self._workers = [self._start(do_jobs) for _ in range(WORKERS)]
        self._beginner = self._start(begin_jobs)
        self.blows: Counter[str] = Counter()
        self._asleep: dict[int, float] = {}

    def _start(self, work: Callable[[str], None]) -> BaseProcess:
        process = SPAWN.Process(target=work, args=(self._url,), daemon=True)
        process.start()
        return process

    def progress(self, store: Store) -> None:
        """Return once some steps were done, so that a blow meets processes at work."""
        before = effects(store)

        def is_made() -> bool:
            # WHY: on SQLite a process may fall asleep with the lock that all others need.
            self._wake(time.monotonic())
            return effects(store) >= before + BETWEEN

        until(is_made, "nothing is done any more")

    def strike(self) -> None:
        """Deal a blow to one of them."""
        blow = self._chance.choices((KILL, SLEEP, BEGINNER), (8, 1, 2))[0]
        self.blows[blow] += 1
        index = self._chance.randrange(WORKERS)
        if blow == BEGINNER:
            self._beginner.kill()
            self._beginner.join()
            self._beginner = self._start(begin_jobs)
            return
        worker = self._workers[index]
        assert worker.pid is not None
        if blow == SLEEP:
            os.kill(worker.pid, signal.SIGSTOP)
            self._asleep[worker.pid] = time.monotonic() + 1.5 * LEASE.total_seconds()
            return
        worker.kill()
        worker.join()
        self._asleep.pop(worker.pid, None)
        self._workers[index] = self._start(do_jobs)

    def _wake(self, now: float) -> None:
        """Let those go on that have slept for longer than a lease."""
        for process in [process for process, end in self._asleep.items() if end <= now]:
            del self._asleep[process]
            os.kill(process, signal.SIGCONT)

    def finish(self, store: Store) -> None:
        """Begin no more jobs, and wait for the end of those that were begun."""
        self._beginner.kill()
        self._beginner.join()
        deadline = time.monotonic() + REST
        while waiting(store) and time.monotonic() < deadline:
            self._wake(time.monotonic())
            time.sleep(0.1)

    def end(self) -> None:
        """Kill every process that is left."""
        for each in (*self._workers, self._beginner):
            each.kill()
            each.join()


def judge(store: Store) -> tuple[int, int, int, list[str]]:
    """Return the numbers of jobs, steps and continued jobs, and what is wrong."""
    causes: dict[str, int] = {}
    steps: dict[str, list[int]] = defaultdict(list)
    processes: dict[str, set[int]] = defaultdict(set)
    with store.reading() as connection:
        for row in connection.execute(select(EVENT.subject, EVENT.type, EVENT.data)):
            if row.type == EventType.POSITION_CREATED:
                causes[row.subject] = row.data["steps"]
            else:
                steps[row.subject].append(row.data["step"])
                processes[row.subject].add(row.data["process"])
        jobs = {row.id: row for row in connection.execute(select(tables.job))}
    broken = [f"{each}: without its cause" for each in sorted(jobs.keys() - causes.keys())]
    broken += [f"{each}: lost" for each in sorted(causes.keys() - jobs.keys())]
    broken += [f"{each}: an effect without a job" for each in sorted(steps.keys() - jobs.keys())]
    for each, row in sorted(jobs.items()):
        if row.state != State.DONE:
            broken.append(f"{each}: {row.state}, {row.last_error}")
        expected = list(range(1, causes.get(each, 0) + 1))
        if sorted(steps[each]) != expected:
            broken.append(f"{each}: steps {sorted(steps[each])} of {len(expected)}")
    continued = sum(len(each) > 1 for each in processes.values())
    return len(jobs), sum(map(len, steps.values())), continued, broken


@contextmanager
def database(server: Postgres | None) -> Iterator[str]:
    """Yield the address of a new database; a file without a server."""
    with tempfile.TemporaryDirectory() as folder:
        name = "drill_jobs"
        url = f"sqlite:///{folder}/{name}.db" if server is None else server.create_database(name)
        prepare(url)
        yield url
        if server is not None:
            server.drop_database(name)


def drill(server: Postgres | None, kills: int, seed: int = 1) -> Report:
    """Deal so many blows that kill, and judge what is left."""
    chance, since = random.Random(seed), time.monotonic()
    with database(server) as url:
        store = Store(url)
        crowd = Crowd(url, chance)
        try:
            while crowd.blows[KILL] + crowd.blows[BEGINNER] < kills:
                crowd.progress(store)
                time.sleep(chance.uniform(0, PAUSE))
                crowd.strike()
            crowd.finish(store)
        finally:
            crowd.end()
        jobs, steps, continued, broken = judge(store)
        store.close()
    seconds = round(time.monotonic() - since, 1)
    return Report(jobs, steps, continued, dict(crowd.blows), seconds, broken)


def main() -> None:
    """Hold the drill and print the report; exit with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills.jobs", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="[200]")
    parser.add_argument("--seed", type=int, default=1, help="[1]")
    parser.add_argument(
        "--database", choices=("postgresql", "sqlite"), default="postgresql", help="[postgresql]"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report to this file")
    arguments = parser.parse_args()
    with Postgres() if arguments.database == "postgresql" else nullcontext() as server:
        report = drill(server, arguments.kills, arguments.seed)
    lines: dict[str, Any] = report._asdict()
    if arguments.json:
        arguments.json.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write("\n".join(f"{name}: {value}" for name, value in lines.items()) + "\n")
    sys.exit(bool(report.broken))


if __name__ == "__main__":
    main()
