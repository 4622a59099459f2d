"""Does jobs: leases those that are due, runs their handlers, and keeps their leases alive."""

from __future__ import annotations

import logging
import random as random_numbers
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from gpd_soap.clock import Clock, utc_now
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.store import tables
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.jobs import queue
from gpd_soap.store.jobs.queue import EVERY, NewJob, State
from gpd_soap.store.tables.base import truncate
from gpd_soap.usecases.jobs.job import LEASE, Interrupted, Job, JobFailed, Kind

#: LIMIT: 2 jobs of a process at once, so that a face in the same process keeps its threads' time.
JOBS = 2
#: LIMIT: 0.5 s between two looks for jobs, 5 s after the database failed.
PAUSE, PAUSE_AFTER_FAILURE = 0.5, 5.0
#: LIMIT: 5 s after the first failure, twice as long after each further one, an hour at most.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
#: LIMIT: waits differ by 20 %, so that jobs that failed together are not repeated together.
JITTER = 0.2

#: A number from 0 to 1.
Random = Callable[[], float]

logger = logging.getLogger(__name__)


class Worker:
    """Does the jobs of some kinds; any number of processes may have one."""

    def __init__(
        self,
        database: Database,
        kinds: Iterable[Kind],
        clock: Clock = utc_now,
        random: Random = random_numbers.random,
        lease: timedelta = LEASE,
    ) -> None:
        """Takes the kinds that this process can do; jobs of other kinds wait for others."""
        self._database, self._clock, self._random, self._lease = database, clock, random, lease
        self._kinds = {each.name: each for each in kinds}
        self._every = {each.name: each.every for each in self._kinds.values()}
        self._running: dict[str, Job] = {}
        self._is_stopping = False

    def begin_schedules(self) -> None:
        """Stores the job of each kind that is done again and again, unless it is stored."""
        for kind in self._kinds.values():
            if kind.every is not None:
                new = NewJob(EVERY, kind.name, {}, Actor(ActorKind.CLOCK, kind.name), key=EVERY)
                in_transaction(self._database, partial(queue.enqueue, new=new, now=self._clock()))

    def once(self) -> int:
        """Does the jobs that are due now, one after another, and returns how many."""
        return sum(self._do(*each) for each in self._due())

    def run(self, stopped: threading.Event) -> None:
        """Does jobs until `stopped`; then those at work are interrupted."""
        self._is_stopping, has_schedules = False, False
        with ThreadPoolExecutor(JOBS, "job") as pool:
            while not stopped.is_set():
                pause = PAUSE
                try:
                    if not has_schedules:
                        self.begin_schedules()
                        has_schedules = True
                    self._begin(pool)
                    self._prolong()
                except Exception as error:  # noqa: BLE001  # WHY: work goes on after any failure
                    logger.warning("no jobs can be done now: %s", type(error).__name__)
                    pause = PAUSE_AFTER_FAILURE
                stopped.wait(pause)
            self._is_stopping = True
            for job in list(self._running.values()):
                job.interrupt()

    def _due(self) -> list[tuple[str, str]]:
        return read_only(self._database, lambda c: queue.due(c, self._every, self._clock()))

    def _begin(self, pool: ThreadPoolExecutor) -> None:
        """Begins as many due jobs as there are free threads."""
        if len(self._running) >= JOBS:
            return
        for organization, job_id in self._due():
            if len(self._running) >= JOBS:
                return
            job = self._leased(organization, job_id)
            if job is not None:
                pool.submit(self._work, job)

    def _do(self, organization: str, job_id: str) -> bool:
        job = self._leased(organization, job_id)
        if job is not None:
            self._work(job)
        return job is not None

    def _leased(self, organization: str, job_id: str) -> Job | None:
        """Returns a job that this worker has leased; None if another was faster."""
        now = self._clock()
        leased = in_transaction(
            self._database,
            lambda c: queue.lease(c, self._every, organization, job_id, now, now + self._lease),
        )
        if leased is None:
            return None
        every = self._kinds[leased.kind].every
        job = Job(self._database, self._clock, leased, every=every, span=self._lease)
        self._running[leased.lease_by] = job
        return job

    def _prolong(self) -> None:
        """Gives a sign of life for each job at work whose lease is a third over."""
        now = self._clock()
        for job in list(self._running.values()):
            if job.held_until - now < self._lease * 2 / 3:
                in_transaction(self._database, job.prolong)

    def _work(self, job: Job) -> None:
        """Runs the handler of a job, and ends the attempt; raises nothing."""
        try:
            self._attempt(job, self._kinds[job.leased.kind])
        except Exception as error:  # noqa: BLE001  # WHY: the lease ends, and the attempt repeats
            logger.warning("job %s stays leased: %s", job.leased.kind, type(error).__name__)
        finally:
            self._running.pop(job.leased.lease_by, None)

    def _attempt(self, job: Job, kind: Kind) -> None:
        if job.leased.attempts > kind.attempts and kind.every is None:
            self._fail(job, kind, "its worker ended without a word at each attempt", is_final=True)
            return
        try:
            if job.leased.is_cancelled:
                raise Interrupted  # noqa: TRY301  # as in the middle of a handler
            result = kind.run(job)
        except Interrupted:
            self._interrupted(job, kind)
        except JobFailed as failure:
            self._fail(job, kind, str(failure), is_final=failure.final)
        except Exception as error:  # noqa: BLE001  # WHY: a handler's failure must not end a worker
            # WHY: the text of an error may have a person's data.
            self._fail(job, kind, type(error).__name__)
        else:
            in_transaction(self._database, lambda c: job.end(c, result))

    def _interrupted(self, job: Job, kind: Kind) -> None:
        """Ends the attempt of a cancelled job; gives a job back that must be repeated elsewhere."""
        now = self._clock()

        def work(connection: Transaction) -> None:
            is_cancelled = queue.hold(connection, job.leased, now)
            if is_cancelled:
                queue.leave(connection, job.leased, State.CANCELLED, next_at=None, ended_at=now)
                if kind.cancelled is not None:
                    kind.cancelled(connection, job.organization, job.payload, now)
            elif is_cancelled is not None:
                attempts = max(job.leased.attempts - 1, 0)
                queue.leave(connection, job.leased, State.WAITING, next_at=now, attempts=attempts)

        in_transaction(self._database, work)

    def _fail(self, job: Job, kind: Kind, reason: str, *, is_final: bool = False) -> None:
        text = truncate(reason, tables.job.c.last_error)
        now, attempts = self._clock(), job.attempts
        is_dead = (is_final or attempts >= kind.attempts) and kind.every is None
        if is_dead:
            logger.warning("job %s is dead: %s", kind.name, text)
            self._leave(job, State.DEAD, last_error=text, next_at=None, ended_at=now)
            return
        wait = wait_after(attempts, self._random)
        if kind.every is not None:
            wait = min(wait, kind.every)
        self._leave(job, State.WAITING, last_error=text, next_at=now + wait)

    def _leave(self, job: Job, state: State, **values: object) -> None:
        in_transaction(self._database, lambda c: queue.leave(c, job.leased, state, **values))


def wait_after(attempts: int, random: Random) -> timedelta:
    """Returns the pause after so many failed attempts."""
    # WHY: a large exponent would overflow a timedelta.
    doublings = min(max(attempts - 1, 0), 20)
    wait = min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
    return wait * (1 - JITTER + 2 * JITTER * random())
