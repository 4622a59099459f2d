"""The processes of the drill of jobs: those that begin jobs, and those that do them."""

import os
import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select

from gpd_soap.clock import utc_now
from gpd_soap.core.actor import Actor, ActorKind
from gpd_soap.core.event import Event, EventType
from gpd_soap.store import tables
from gpd_soap.store.database.transaction import Transaction, Unavailable, in_transaction
from gpd_soap.store.events import write
from gpd_soap.store.jobs import queue
from gpd_soap.store.jobs.queue import NewJob, State
from gpd_soap.store.store import Store
from gpd_soap.usecases.jobs import worker as worker_module
from gpd_soap.usecases.jobs.job import Job, JobFailed, Kind
from gpd_soap.usecases.jobs.worker import Worker
from tests.store.samples import ORGANIZATION

ACTOR = Actor(ActorKind.JOB, "drill")
LEASE = timedelta(seconds=1)
#: Steps of a job at most, seconds of a step at most, and the part of attempts that fail.
STEPS, STEP_SECONDS, FAILING = 8, 0.02, 0.1
#: Jobs that wait at most.
BACKLOG = 40
JOB = tables.job.c


def step(connection: Transaction, job: str, number: int) -> None:
    """Write the effect of a step, which names the process."""
    data = {"step": number, "process": os.getpid()}
    event = Event(ORGANIZATION, EventType.POSITION_UPDATED, job, ACTOR, data)
    write.write(connection, [event])


def stepwise(job: Job) -> str:
    """Do each step in a transaction with its count; some attempts fail in between."""
    total = int(job.payload["steps"])
    for number in range(job.done + 1, total + 1):
        job.check()
        time.sleep(random.uniform(0, STEP_SECONDS))
        if random.random() < FAILING:
            raise JobFailed("by chance")

        def work(connection: Transaction, number: int = number) -> None:
            step(connection, job.id, number)
            job.advance(connection, number, total)

        in_transaction(job.database, work)
    return "stepwise"


def at_once(job: Job) -> str:
    """Do every step in one transaction that ends the job."""
    time.sleep(random.uniform(0, STEP_SECONDS))

    def work(connection: Transaction) -> None:
        for number in range(1, int(job.payload["steps"]) + 1):
            step(connection, job.id, number)
        job.finish(connection, "at once")

    in_transaction(job.database, work)
    return ""


KINDS: dict[str, Callable[[Job], str]] = {"drill.stepwise": stepwise, "drill.at_once": at_once}


def do_jobs(url: str) -> None:
    """Do jobs until the process is killed."""
    worker_module.PAUSE, worker_module.FIRST_WAIT = 0.01, timedelta(milliseconds=20)
    kinds = [Kind(name, run, attempts=1000) for name, run in KINDS.items()]
    Worker(Store(url), kinds, lease=LEASE).run(threading.Event())


def begin_jobs(url: str) -> None:
    """Begin jobs, each in a transaction with its cause, until the process is killed."""
    store = Store(url)
    while True:
        kind, steps = random.choice(sorted(KINDS)), random.randint(1, STEPS)

        def work(connection: Transaction, kind: str = kind, steps: int = steps) -> None:
            new = NewJob(ORGANIZATION, kind, {"steps": steps}, ACTOR)
            job = queue.enqueue(connection, new, utc_now())
            data = {"steps": steps}
            cause = Event(ORGANIZATION, EventType.POSITION_CREATED, job, ACTOR, data)
            write.write(connection, [cause])
            if random.random() < FAILING:
                raise LookupError

        try:
            if waiting(store) < BACKLOG:
                in_transaction(store, work)
        except (LookupError, Unavailable):
            continue
        time.sleep(0.01)


def waiting(store: Store) -> int:
    """Return how many jobs have not ended."""
    with store.reading() as connection:
        left = select(func.count()).where(JOB.state.in_((State.WAITING, State.RUNNING)))
        return connection.execute(left).scalar_one()
