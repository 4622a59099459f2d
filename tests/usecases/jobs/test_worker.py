"""A job is done once, whatever happens to the workers that attempt it."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete

from gpd_soap.store import tables
from gpd_soap.store.database.transaction import Transaction, in_transaction
from gpd_soap.store.jobs import queue
from gpd_soap.store.jobs.queue import EVERY, NewJob, State
from gpd_soap.usecases.jobs import worker as worker_module
from gpd_soap.usecases.jobs.job import Interrupted, Job, JobFailed, Kind
from gpd_soap.usecases.jobs.worker import Worker, wait_after
from tests.store.samples import OTHER
from tests.usecases.jobs.bed import KEY, KIND, Bed, effect
from tests.waiting import until

STEPS = 3


def steps(job: Job) -> str:
    """Write an effect for each step, each in a transaction with the count of steps."""
    for number in range(job.done + 1, STEPS + 1):

        def step(connection: Transaction, number: int = number) -> None:
            effect(connection, job, f"S{number}")
            job.advance(connection, number, STEPS)

        in_transaction(job.database, step)
    return "all"


def fail(_job: Job) -> str:
    """Fail with a text that has a person's name."""
    raise LookupError("Mario Rossi")


def test_job_is_done_with_its_result(bed: Bed):
    """It shows how far it came, and is not done again."""
    job = bed.enqueue()
    worker = bed.worker(steps)

    assert worker.once() == 1
    assert worker.once() == 0

    row = bed.row(job)
    assert (row.state, row.done, row.total, row.result) == (State.DONE, 3, 3, "all")
    assert (row.next_at, row.lease_by, row.ended_at) == (None, None, bed.now)
    assert bed.effects() == ["S1", "S2", "S3"]


def test_failed_transaction_leaves_no_job(bed: Bed):
    """It is begun with its cause, or not at all."""

    def work(connection: Transaction) -> None:
        queue.enqueue(connection, NewJob("", KIND, {}, KEY), bed.now)
        raise LookupError

    with pytest.raises(LookupError):
        in_transaction(bed.store, work)

    assert bed.worker(steps).once() == 0


def test_job_of_a_key_is_begun_once(bed: Bed):
    """A caller that repeats its request gets the same job; another organization has its own."""
    first, second = bed.enqueue(key="a"), bed.enqueue(key="a")

    assert first == second
    assert bed.enqueue(key="b") != first
    bed.enqueue(OTHER, key="a")
    assert bed.worker(lambda _: "").once() == 3


def test_job_waits_for_its_beginning(bed: Bed):
    """It is not due before."""
    bed.enqueue(begin_at=bed.now + timedelta(minutes=1))
    worker = bed.worker(lambda _: "")

    assert worker.once() == 0
    bed.later(minutes=1)
    assert worker.once() == 1


def test_job_of_a_worker_that_is_gone_goes_on_after_its_lease(bed: Bed):
    """What was committed with its step is not done again."""
    job = bed.enqueue()

    def die_in_the_third(attempt: Job) -> str:
        if attempt.done == 0:
            for number in (1, 2):

                def step(connection: Transaction, number: int = number) -> None:
                    effect(connection, attempt, f"S{number}")
                    attempt.advance(connection, number, STEPS)

                in_transaction(attempt.database, step)
            raise SystemExit
        return steps(attempt)

    worker = bed.worker(die_in_the_third)
    with pytest.raises(SystemExit):
        worker.once()
    assert worker.once() == 0
    bed.later(seconds=61)

    assert worker.once() == 1
    assert bed.row(job).state == State.DONE
    assert bed.effects() == ["S1", "S2", "S3"]


def test_attempt_that_lost_its_lease_changes_nothing(bed: Bed):
    """A worker that slept while another did the job rolls its step back."""
    job = bed.enqueue()
    other = bed.worker(steps)

    def sleep(attempt: Job) -> str:
        bed.later(seconds=61)
        assert other.once() == 1
        with pytest.raises(Interrupted):
            in_transaction(attempt.database, lambda c: late(c, attempt))
        with pytest.raises(Interrupted):
            in_transaction(attempt.database, lambda c: attempt.finish(c, "late"))
        return "late"

    bed.worker(sleep).once()

    assert bed.row(job).result == "all"
    assert bed.effects() == ["S1", "S2", "S3"]


def late(connection: Transaction, attempt: Job) -> None:
    """Write an effect and advance."""
    effect(connection, attempt, "late")
    attempt.advance(connection, 1)


def test_lease_that_is_prolonged_is_not_taken_over(bed: Bed):
    """A long job is at one worker, as long as that one gives signs of life."""
    bed.enqueue()
    other = bed.worker(fail)

    def long(attempt: Job) -> str:
        bed.later(seconds=50)
        in_transaction(attempt.database, attempt.prolong)
        bed.later(seconds=50)
        attempt.check()
        assert other.once() == 0
        return "long"

    assert bed.worker(long).once() == 1


def test_failures_are_repeated_after_growing_pauses_and_end_as_dead(bed: Bed):
    """The text of an exception may name a person, so its type alone is kept."""
    job, pauses = bed.enqueue(), []
    worker = bed.worker(fail, attempts=4)
    while worker.once():
        row = bed.row(job)
        if row.next_at is not None:
            pauses.append((row.next_at - bed.now).total_seconds())
            bed.now = row.next_at

    assert pauses == [5, 10, 20]
    assert (bed.row(job).state, bed.row(job).attempts) == (State.DEAD, 4)
    assert bed.row(job).last_error == "LookupError"


def test_pause_is_an_hour_at_most_and_differs():
    """Jobs that failed together are not repeated together."""
    assert wait_after(50, lambda: 0.5) == timedelta(hours=1)
    assert wait_after(1, lambda: 0.0) == timedelta(seconds=4)
    assert wait_after(1, lambda: 1.0) == timedelta(seconds=6)


def test_final_failure_is_dead_at_once_with_its_reason(bed: Bed):
    """An operator reads why."""
    job = bed.enqueue()

    def refuse(_attempt: Job) -> str:
        raise JobFailed("the file is empty", final=True)

    bed.worker(refuse).once()

    assert (bed.row(job).state, bed.row(job).last_error) == (State.DEAD, "the file is empty")


def test_job_that_ends_its_worker_each_time_is_dead(bed: Bed):
    """A job that fills the memory does not end workers for ever."""
    job = bed.enqueue()

    def end(_attempt: Job) -> str:
        raise SystemExit

    worker = bed.worker(end, attempts=2)
    for _ in range(2):
        with pytest.raises(SystemExit):
            worker.once()
        bed.later(seconds=61)

    assert worker.once() == 1
    assert bed.row(job).state == State.DEAD


def test_advance_forgives_earlier_attempts(bed: Bed):
    """A long job may lose many workers, as long as each does a step."""
    job = bed.enqueue()

    def one_step(attempt: Job) -> str:
        done = attempt.done + 1
        in_transaction(attempt.database, lambda c: attempt.advance(c, done, 6))
        if done < 6:
            raise LookupError
        return ""

    worker = bed.worker(one_step, attempts=2)
    for _ in range(6):
        worker.once()
        bed.later(hours=1)

    assert bed.row(job).state == State.DONE


def test_job_of_an_unknown_kind_waits_for_a_worker_that_knows_it(bed: Bed):
    """During an upgrade, the version before leaves new kinds alone."""
    job = bed.enqueue()

    assert Worker(bed.store, [Kind("other", steps)], bed.clock).once() == 0
    assert bed.row(job).state == State.WAITING


def test_schedule_is_one_job_that_is_done_again_and_again(bed: Bed):
    """Each process stores it at its start; a failure is repeated and never dead."""
    runs: list[int] = []

    def run(_attempt: Job) -> str:
        runs.append(1)
        if len(runs) == 2:
            raise JobFailed("not now", final=True)
        return f"run {len(runs)}"

    worker = bed.worker(run, every=timedelta(minutes=1), attempts=1)
    worker.begin_schedules()
    worker.begin_schedules()
    job = queue.id_of(EVERY, KIND, EVERY)

    assert worker.once() == 1
    assert (bed.row(job).state, bed.row(job).result) == (State.WAITING, "run 1")
    assert worker.once() == 0
    bed.later(minutes=1)
    assert worker.once() == 1
    assert bed.row(job).last_error == "not now"
    bed.later(minutes=1)
    assert worker.once() == 1
    assert (bed.row(job).result, bed.row(job).last_error) == ("run 3", "")


def test_running_worker_does_jobs_and_gives_them_back_when_it_stops(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
):
    """A job that is interrupted waits for the next worker, and the attempt does not count."""
    monkeypatch.setattr(worker_module, "PAUSE", 0.01)
    stopped, begun = threading.Event(), threading.Event()

    def wait(attempt: Job) -> str:
        begun.set()
        while True:
            attempt.check()

    worker = bed.worker(wait)
    job = bed.enqueue()
    thread = threading.Thread(target=worker.run, args=[stopped])
    thread.start()
    assert begun.wait(60)
    stopped.set()
    thread.join(60)

    row = bed.row(job)
    assert not thread.is_alive()
    assert (row.state, row.attempts, row.lease_by) == (State.WAITING, 0, None)
    assert bed.worker(steps).once() == 1


def test_running_worker_goes_on_after_a_failure_of_the_database(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
):
    """It looks again after a pause."""
    monkeypatch.setattr(worker_module, "PAUSE", 0.01)
    monkeypatch.setattr(worker_module, "PAUSE_AFTER_FAILURE", 0.01)
    stopped, failures = threading.Event(), [RuntimeError(), RuntimeError()]
    due = queue.due

    def fail_first(*arguments: object) -> object:
        if failures:
            raise failures.pop()
        return due(*arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(queue, "due", fail_first)
    job = bed.enqueue()
    thread = threading.Thread(target=bed.worker(steps).run, args=[stopped])
    thread.start()
    until(lambda: bed.row(job).state == State.DONE, "not done")
    stopped.set()
    thread.join(60)

    assert failures == []


def test_job_that_was_removed_ends_its_attempt(bed: Bed):
    """Nothing of it is committed after."""
    bed.enqueue()

    def remove(attempt: Job) -> str:
        with bed.store.begin() as connection:
            connection.execute(delete(tables.job))
        return steps(attempt)

    bed.worker(remove).once()

    assert bed.effects() == []
