"""Jobs over the API: who sees them, and what can be done about them."""

from datetime import timedelta
from typing import Any

import pytest

from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.store import statistics
from gpd_soap.store.access.keys import Role
from gpd_soap.store.database.transaction import in_transaction
from gpd_soap.store.jobs import queue
from gpd_soap.store.jobs.queue import EVERY, NewJob
from gpd_soap.usecases.jobs.job import Job, JobFailed, Kind
from gpd_soap.usecases.jobs.worker import Worker
from tests.api.office import ORGANIZATION, BackOffice
from tests.store.samples import ACTOR
from tests.validation.bodies import OTHER

KIND = "test.work"
OURS, ALL = f"/organizations/{ORGANIZATION}/jobs", "/jobs"


def begin(office: BackOffice, organization: str = ORGANIZATION, key: str | None = None) -> str:
    """Begins a job and returns its id."""
    new = NewJob(organization, KIND, {"secret": "inside"}, ACTOR, key, total=3)
    return in_transaction(office.store, lambda c: queue.enqueue(c, new, office.clock()))


def work(office: BackOffice, *, fails: bool = False) -> None:
    """Does the jobs that are due."""

    def run(_job: Job) -> str:
        if fails:
            raise JobFailed("the file is empty", final=True)
        return "3 documents"

    Worker(office.store, [Kind(KIND, run)], office.clock).once()


def ids(answer: Any) -> set[str]:
    """Returns the ids of a page."""
    assert answer.status == 200, answer.body
    return {each["id"] for each in answer.body["jobs"]}


def test_job_shows_its_state_and_not_what_it_was_begun_with(office: BackOffice):
    """A reader of its organization sees how far it is."""
    job = begin(office)
    reader = office.key(Role.READER, ORGANIZATION)
    waiting = office.get(f"{OURS}/{job}", key=reader).body
    work(office)
    done = office.get(f"{OURS}/{job}", key=reader).body

    assert (waiting["state"], waiting["total"], waiting["organization"]) == (
        "waiting", 3, ORGANIZATION,
    )  # fmt: skip
    assert (done["state"], done["result"]) == ("done", "3 documents")
    assert "inside" not in str(waiting) + str(done)
    assert ids(office.get(OURS, key=reader)) == {job}


def test_dead_job_is_attempted_again(office: BackOffice):
    """Somebody has mended its cause."""
    job = begin(office)
    work(office, fails=True)

    [dead] = office.get(f"{OURS}?state=dead").body["jobs"]
    assert (dead["id"], dead["lastError"]) == (job, "the file is empty")
    assert office.post(f"{OURS}/{job}/retry").body["state"] == "waiting"
    work(office)
    assert office.get(f"{OURS}/{job}").body["state"] == "done"
    assert office.post(f"{OURS}/{job}/retry").status == 409


def test_cancelled_job_is_not_done(office: BackOffice):
    """It has ended, and cannot be cancelled again."""
    job = begin(office)

    assert office.post(f"{OURS}/{job}/cancel").body["state"] == "cancelled"
    work(office)
    assert office.get(f"{OURS}/{job}").body["state"] == "cancelled"
    assert office.post(f"{OURS}/{job}/cancel").status == 409


def test_running_job_that_is_cancelled_ends_at_its_step(office: BackOffice):
    """Its step is rolled back."""
    job = begin(office)

    def run(attempt: Job) -> str:
        assert office.post(f"{OURS}/{job}/cancel").body["isCancelled"] is True
        in_transaction(attempt.database, lambda c: attempt.advance(c, 1))
        return "never"

    Worker(office.store, [Kind(KIND, run)], office.clock).once()

    body = office.get(f"{OURS}/{job}").body
    assert (body["state"], body["done"], body["result"]) == ("cancelled", 0, "")


def test_jobs_of_everybody_are_for_keys_of_every_organization(office: BackOffice):
    """They include those of the installation, which name no organization."""
    ours, others, installation = begin(office), begin(office, OTHER), begin(office, EVERY)
    admin = office.key(Role.ADMIN)

    assert ids(office.get(ALL, key=admin)) == {ours, others, installation}
    assert ids(office.get(f"{ALL}?kind=other.kind", key=admin)) == set()
    assert "organization" not in office.get(f"{ALL}/{installation}", key=admin).body
    assert office.post(f"{ALL}/{others}/cancel", key=admin).body["state"] == "cancelled"
    assert office.get(ALL).status == 403
    assert office.post(f"{ALL}/{ours}/retry").status == 403


def test_job_of_another_organization_is_not_there(office: BackOffice):
    """It is found neither under our path nor under theirs."""
    others = begin(office, OTHER)

    assert office.get(f"{OURS}/{others}").status == 404
    assert office.post(f"{OURS}/{others}/cancel").status == 404
    assert office.get(f"/organizations/{OTHER}/jobs/{others}").status == 403


def test_reader_changes_no_job(quick: BackOffice):
    """It may look alone."""
    job, reader = begin(quick), quick.key(Role.READER, ORGANIZATION)

    assert quick.post(f"{OURS}/{job}/retry", key=reader).status == 403
    assert quick.post(f"{OURS}/{job}/cancel", key=reader).status == 403


def test_schedule_is_not_cancelled(quick: BackOffice):
    """Nothing would begin it again."""
    kind = Kind(KIND, lambda _: "", every=timedelta(hours=1))
    Worker(quick.store, [kind], quick.clock).begin_schedules()
    schedule, admin = queue.id_of(EVERY, KIND, EVERY), quick.key(Role.ADMIN)

    assert quick.post(f"{ALL}/{schedule}/cancel", key=admin).status == 409
    assert quick.post(f"{ALL}/{schedule}/retry", key=admin).status == 200


def test_metrics_count_jobs_and_the_longest_due(office: BackOffice):
    """A job that runs is due when its lease has ended."""
    begin(office)
    work(office, fails=True)
    begin(office)
    work_at, waiting = office.clock(), statistics.read(office.store).work
    office.clock.now += timedelta(minutes=20)
    text = Metrics().text(statistics.read(office.store), office.clock()).decode()

    assert waiting is not None
    assert (waiting.jobs["dead"], waiting.jobs["waiting"], waiting.due_since) == (1, 1, work_at)
    assert 'gpd_jobs{state="dead"} 1.0' in text
    assert "gpd_job_lag_seconds 1200.0" in text


@pytest.mark.parametrize("path", [f"{OURS}/job_1", f"{OURS}?state=lost", f"{OURS}?kind=A"])
def test_malformed_request_is_400(quick: BackOffice, path: str):
    """An id has the form of ours."""
    assert quick.get(path).status == 400
