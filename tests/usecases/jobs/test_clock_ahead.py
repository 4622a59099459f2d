"""The clock of a machine was ahead: when it is right again, work goes on."""

from datetime import timedelta

import pytest

from gpd_soap.store.jobs import queue
from gpd_soap.store.jobs.queue import EVERY, State
from gpd_soap.store.positions import expiry
from gpd_soap.usecases.expiry import look
from gpd_soap.usecases.jobs.job import Job, JobFailed
from tests.store.samples import NOW, ORGANIZATION, add, option, position
from tests.usecases.jobs.harness import KIND, Harness

YEAR, MINUTE = timedelta(days=365), timedelta(minutes=1)


def done(_attempt: Job) -> str:
    """Do nothing."""
    return ""


def fails(_attempt: Job) -> str:
    """Fail as a receiver does that is away."""
    raise JobFailed("not now")


def test_schedule_of_a_clock_that_was_ahead_is_done_when_it_is_right(harness: Harness):
    """Nobody would wait a year for the next turn."""
    worker = harness.worker(done, every=MINUTE)
    worker.begin_schedules()
    harness.now = NOW + YEAR
    assert worker.once() == 1

    harness.now = NOW
    assert worker.once() == 1
    assert harness.row(queue.id_of(EVERY, KIND, EVERY)).next_at == NOW + MINUTE
    assert worker.once() == 0


def test_lease_of_a_clock_that_was_ahead_ends_when_it_is_right(harness: Harness):
    """Its worker was killed with the job."""
    job = harness.enqueue()
    harness.now = NOW + YEAR
    assert harness.worker(done)._leased(ORGANIZATION, job) is not None

    harness.now = NOW
    assert harness.worker(done).once() == 1
    assert harness.row(job).state == State.DONE


def test_pause_after_a_failure_of_a_clock_that_was_ahead_ends_when_it_is_right(harness: Harness):
    """A job that was begun for later still waits for its time."""
    later = harness.enqueue(begin_at=NOW + 2 * YEAR)
    job = harness.enqueue()
    harness.now = NOW + YEAR
    assert harness.worker(fails).once() == 1

    harness.now = NOW
    assert harness.worker(done).once() == 1
    assert [harness.row(each).state for each in (job, later)] == [State.DONE, State.WAITING]


@pytest.mark.parametrize("skew", [-timedelta(hours=1), timedelta(hours=1)])
def test_worker_whose_clock_differs_by_an_hour_leaves_a_schedule_its_turn(
    harness: Harness, skew: timedelta
):
    """It may do it early or late, and not again and again."""
    worker = harness.worker(done, every=timedelta(days=1))
    worker.begin_schedules()
    assert worker.once() == 1

    harness.now = NOW + skew
    assert [worker.once() for _ in range(3)] == [0, 0, 0]


def test_notice_made_after_the_clock_was_ahead_has_its_event(harness: Harness):
    """The look goes on from the right instant."""
    assert look(harness.store, ORGANIZATION, NOW + YEAR) == 0
    assert look(harness.store, ORGANIZATION, NOW) == 0
    add(harness.store, position("P-1", option(1, due_at=NOW + 2 * MINUTE, switch_to_expired=True)))

    assert look(harness.store, ORGANIZATION, NOW + 5 * MINUTE) == 1
    with harness.store.reading() as connection:
        assert expiry.watermark(connection, ORGANIZATION) == NOW + 5 * MINUTE
