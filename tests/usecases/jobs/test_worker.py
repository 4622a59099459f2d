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
from tests.usecases.jobs.harness import KEY, KIND, Harness, effect
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


def test_job_is_done_with_its_result(harness: Harness):
    """It shows how far it came, and is not done again."""
    job = harness.enqueue()
    worker = harness.worker(steps)

    assert worker.once() == 1
    assert worker.once() == 0

    row = harness.row(job)
    assert (row.state, row.done, row.total, row.result) == (State.DONE, 3, 3, "all")
    assert (row.next_at, row.lease_by, row.ended_at) == (None, None, harness.now)
    assert harness.effects() == ["S1", "S2", "S3"]


def test_failed_transaction_leaves_no_job(harness: Harness):
    """It is begun with its cause, or not at all."""

    def work(connection: Transaction) -> None:
        queue.enqueue(connection, NewJob("", KIND, {}, KEY), harness.now)
        raise LookupError

    with pytest.raises(LookupError):
        in_transaction(harness.store, work)

    assert harness.worker(steps).once() == 0


def test_job_of_a_key_is_begun_once(harness: Harness):
    """A caller that repeats its request gets the same job; another organization has its own."""
    first, second = harness.enqueue(key="a"), harness.enqueue(key="a")

    assert first == second
    assert harness.enqueue(key="b") != first
    harness.enqueue(OTHER, key="a")
    assert harness.worker(lambda _: "").once() == 3


def test_job_waits_for_its_beginning(harness: Harness):
    """It is not due before."""
    harness.enqueue(begin_at=harness.now + timedelta(minutes=1))
    worker = harness.worker(lambda _: "")

    assert worker.once() == 0
    harness.later(minutes=1)
    assert worker.once() == 1


def test_job_of_a_worker_that_is_gone_goes_on_after_its_lease(harness: Harness):
    """What was committed with its step is not done again."""
    job = harness.enqueue()

    def die_in_the_third(attempt: Job) -> str:
        if attempt.done == 0:
            for number in (1, 2):

                def step(connection: Transaction, number: int = number) -> None:
                    effect(connection, attempt, f"S{number}")
                    attempt.advance(connection, number, STEPS)

                in_transaction(attempt.database, step)
            raise SystemExit
        return steps(attempt)

    worker = harness.worker(die_in_the_third)
    with pytest.raises(SystemExit):
        worker.once()
    assert worker.once() == 0
    harness.later(seconds=61)

    assert worker.once() == 1
    assert harness.row(job).state == State.DONE
    assert harness.effects() == ["S1", "S2", "S3"]


def test_attempt_that_lost_its_lease_changes_nothing(harness: Harness):
    """A worker that slept while another did the job rolls its step back."""
    job = harness.enqueue()
    other = harness.worker(steps)

    def sleep(attempt: Job) -> str:
        harness.later(seconds=61)
        assert other.once() == 1
        with pytest.raises(Interrupted):
            in_transaction(attempt.database, lambda c: late(c, attempt))
        with pytest.raises(Interrupted):
            in_transaction(attempt.database, lambda c: attempt.finish(c, "late"))
        return "late"

    harness.worker(sleep).once()

    assert harness.row(job).result == "all"
    assert harness.effects() == ["S1", "S2", "S3"]


def late(connection: Transaction, attempt: Job) -> None:
    """Write an effect and advance."""
    effect(connection, attempt, "late")
    attempt.advance(connection, 1)


def test_lease_that_is_prolonged_is_not_taken_over(harness: Harness):
    """A long job is at one worker, as long as that one gives signs of life."""
    harness.enqueue()
    other = harness.worker(fail)

    def long(attempt: Job) -> str:
        harness.later(seconds=50)
        in_transaction(attempt.database, attempt.prolong)
        harness.later(seconds=50)
        attempt.check()
        assert other.once() == 0
        return "long"

    assert harness.worker(long).once() == 1


def test_failures_are_repeated_after_growing_pauses_and_end_as_dead(harness: Harness):
    """The text of an exception may name a person, so its type alone is kept."""
    job, pauses = harness.enqueue(), []
    worker = harness.worker(fail, attempts=4)
    while worker.once():
        row = harness.row(job)
        if row.next_at is not None:
            pauses.append((row.next_at - harness.now).total_seconds())
            harness.now = row.next_at

    assert pauses == [5, 10, 20]
    assert (harness.row(job).state, harness.row(job).attempts) == (State.DEAD, 4)
    assert harness.row(job).last_error == "LookupError"


def test_pause_is_an_hour_at_most_and_differs():
    """Jobs that failed together are not repeated together."""
    assert wait_after(50, lambda: 0.5) == timedelta(hours=1)
    assert wait_after(1, lambda: 0.0) == timedelta(seconds=4)
    assert wait_after(1, lambda: 1.0) == timedelta(seconds=6)


def test_final_failure_is_dead_at_once_with_its_reason(harness: Harness):
    """An operator reads why."""
    job = harness.enqueue()

    def refuse(_attempt: Job) -> str:
        raise JobFailed("the file is empty", final=True)

    harness.worker(refuse).once()

    assert (harness.row(job).state, harness.row(job).last_error) == (
        State.DEAD,
        "the file is empty",
    )


def test_job_that_ends_its_worker_each_time_is_dead(harness: Harness):
    """A job that fills the memory does not end workers for ever."""
    job = harness.enqueue()

    def end(_attempt: Job) -> str:
        raise SystemExit

    worker = harness.worker(end, attempts=2)
    for _ in range(2):
        with pytest.raises(SystemExit):
            worker.once()
        harness.later(seconds=61)

    assert worker.once() == 1
    assert harness.row(job).state == State.DEAD


def test_advance_forgives_earlier_attempts(harness: Harness):
    """A long job may lose many workers, as long as each does a step."""
    job = harness.enqueue()

    def one_step(attempt: Job) -> str:
        done = attempt.done + 1
        in_transaction(attempt.database, lambda c: attempt.advance(c, done, 6))
        if done < 6:
            raise LookupError
        return ""

    worker = harness.worker(one_step, attempts=2)
    for _ in range(6):
        worker.once()
        harness.later(hours=1)

    assert harness.row(job).state == State.DONE


def test_job_of_an_unknown_kind_waits_for_a_worker_that_knows_it(harness: Harness):
    """During an upgrade, the version before leaves new kinds alone."""
    job = harness.enqueue()

    assert Worker(harness.store, [Kind("other", steps)], harness.clock).once() == 0
    assert harness.row(job).state == State.WAITING


def test_schedule_is_one_job_that_is_done_again_and_again(harness: Harness):
    """Each process stores it at its start; a failure is repeated and never dead."""
    runs: list[int] = []

    def run(_attempt: Job) -> str:
        runs.append(1)
        if len(runs) == 2:
            raise JobFailed("not now", final=True)
        return f"run {len(runs)}"

    worker = harness.worker(run, every=timedelta(minutes=1), attempts=1)
    worker.begin_schedules()
    worker.begin_schedules()
    job = queue.id_of(EVERY, KIND, EVERY)

    assert worker.once() == 1
    assert (harness.row(job).state, harness.row(job).result) == (State.WAITING, "run 1")
    assert worker.once() == 0
    harness.later(minutes=1)
    assert worker.once() == 1
    assert harness.row(job).last_error == "not now"
    harness.later(minutes=1)
    assert worker.once() == 1
    assert (harness.row(job).result, harness.row(job).last_error) == ("run 3", "")


def test_running_worker_does_jobs_and_gives_them_back_when_it_stops(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
):
    """A job that is interrupted waits for the next worker, and the attempt does not count."""
    monkeypatch.setattr(worker_module, "PAUSE", 0.01)
    stopped, begun = threading.Event(), threading.Event()

    def wait(attempt: Job) -> str:
        begun.set()
        while True:
            attempt.check()

    worker = harness.worker(wait)
    job = harness.enqueue()
    thread = threading.Thread(target=worker.run, args=[stopped])
    thread.start()
    assert begun.wait(60)
    stopped.set()
    thread.join(60)

    row = harness.row(job)
    assert not thread.is_alive()
    assert (row.state, row.attempts, row.lease_by) == (State.WAITING, 0, None)
    assert harness.worker(steps).once() == 1


def test_running_worker_goes_on_after_a_failure_of_the_database(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
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
    job = harness.enqueue()
    thread = threading.Thread(target=harness.worker(steps).run, args=[stopped])
    thread.start()
    until(lambda: harness.row(job).state == State.DONE, "not done")
    stopped.set()
    thread.join(60)

    assert failures == []


def test_job_that_was_removed_ends_its_attempt(harness: Harness):
    """Nothing of it is committed after."""
    harness.enqueue()

    def remove(attempt: Job) -> str:
        with harness.store.begin() as connection:
            connection.execute(delete(tables.job))
        return steps(attempt)

    harness.worker(remove).once()

    assert harness.effects() == []
