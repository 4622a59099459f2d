"""Batches of notices over the API: begun by a request, made by a job, taken as a zip."""

import io
import sys
import zipfile
from typing import Any

import pytest
from sqlalchemy import delete, update

from gpd_soap.features.documents.archive import batch as archive_batch
from gpd_soap.features.documents.archive.job import batch_kind
from gpd_soap.features.documents.notice import Reason
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
from gpd_soap.usecases.jobs.job import Job
from gpd_soap.usecases.jobs.worker import Worker
from tests.api.office import ORGANIZATION, Admin, BackOffice
from tests.validation.bodies import OTHER, body, nav, option

BATCHES = f"/organizations/{ORGANIZATION}/notices/batches"
JOBS = f"/organizations/{ORGANIZATION}/jobs"


def work(office: BackOffice) -> None:
    """Do the jobs that are due, with a printer of this store."""
    Worker(office.store, [batch_kind(Settings())], office.clock).once()


def begun(office: BackOffice, **fields: object) -> Any:
    """Begin a batch and return it."""
    answer = office.post(BATCHES, fields)
    assert answer.status == 201, answer.body
    assert answer.headers["Location"] == f"{BATCHES}/{answer.body['id']}"
    return answer.body


def test_batch_is_made_by_a_job_and_taken_as_a_zip(office: BackOffice):
    """Each notice has its document or its reason, and the job says how far it is."""
    office.create(body(option(1)), "?toPublish=true")
    office.create(body(option(2), iupd="POSIZIONE-2"))
    batch = begun(office, navs=[nav(1), nav(2), nav(9)])
    one = f"{BATCHES}/{batch['id']}"
    early = office.get(f"{one}/zip")
    waiting = office.get(f"{JOBS}/{batch['job']}").body
    work(office)
    done, job = office.get(one).body, office.get(f"{JOBS}/{batch['job']}").body
    lines = office.get(f"{one}/lines").body["lines"]
    refused = office.get(f"{one}/lines?refused=true").body

    assert (batch["state"], batch["total"], batch["released"]) == ("running", 3, 0)
    assert (early.status, early.title) == (409, "The batch has not ended")
    assert (waiting["state"], waiting["total"]) == ("waiting", 3)
    assert (done["state"], done["released"], done["refused"]) == ("done", 1, 2)
    assert (job["state"], job["done"], job["result"]) == ("done", 3, "1 released, 2 refused")
    assert [(each["nav"], each.get("reason")) for each in lines] == [
        (nav(1), None),
        (nav(2), Reason.DRAFT),
        (nav(9), Reason.UNKNOWN),
    ]
    assert refused["page_info"]["items_found"] == 2
    [document] = office.get(f"/organizations/{ORGANIZATION}/documents").body["documents"]
    assert (document["id"], document["actorKind"]) == (lines[0]["document"], "key")
    [listed] = office.get(BATCHES).body["batches"]
    assert listed == done

    with zipfile.ZipFile(io.BytesIO(office.get(f"{one}/zip").body)) as zip_file:
        assert set(zip_file.namelist()) == {f"000001-{nav(1)}.pdf", "outcomes.csv"}
        assert zip_file.read(f"000001-{nav(1)}.pdf").startswith(b"%PDF")


def test_batch_of_due_dates_and_of_the_last_load_is_of_positions(quick: BackOffice):
    """A load that never was is 404."""
    quick.create(body(option(1)), "?toPublish=true")
    quick.create(body(option(2, dueDate="2026-06-30"), iupd="POSIZIONE-2"), "?toPublish=true")
    none = quick.post(BATCHES, {"load": "last"})
    with quick.store.begin() as connection:
        of_load = update(tables.position).where(tables.position.c.iupd == "POSIZIONE-2")
        connection.execute(of_load.values(created_by_kind="load"))
    due = begun(quick, dueDateFrom="2026-04-01", dueDateTo="2026-04-30")
    load = begun(quick, load="last")

    assert (none.status, none.title) == (404, "Not found the load")
    navs = [
        [each["nav"] for each in quick.get(f"{BATCHES}/{batch['id']}/lines").body["lines"]]
        for batch in (due, load)
    ]
    assert navs == [[nav(1)], [nav(2)]]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"navs": [nav(1)], "load": "last"},
        {"dueDateFrom": "2026-04-01"},
        {"navs": ["123"]},
        {"navs": [nav(1)] * 1001},
        {"load": "first"},
    ],
)
def test_body_that_does_not_choose_is_400(quick: BackOffice, fields: dict[str, object]):
    """A body makes one choice, and its numbers have 18 digits."""
    assert quick.post(BATCHES, fields).status == 400
    assert quick.get(BATCHES).body["batches"] == []


def test_batch_is_for_its_organization_and_writers(admin: Admin):
    """A download of the zip is a reading of persons' data."""
    admin.create(body(option(1)), "?toPublish=true")
    batch = begun(admin, navs=[nav(1)])
    work(admin)
    one, reader = f"{BATCHES}/{batch['id']}", admin.key(Role.READER, ORGANIZATION)
    theirs = f"/organizations/{OTHER}/notices/batches/{batch['id']}"

    assert admin.post(BATCHES, {"navs": [nav(1)]}, key=reader).status == 403
    assert admin.get(f"{one}/zip", key=reader).status == 200
    assert admin.post(f"{one}/resume", key=reader).status == 403
    assert admin.post(f"{theirs}/resume").title == "Not found the batch"
    for path in ("", "/lines", "/zip"):
        assert admin.get(f"{theirs}{path}").title == "Not found the batch"
        assert admin.get(f"{one}{path}", key=admin.key(Role.ADMIN, OTHER)).status == 403
    assert admin.store.access_trail.flush(20)
    [row] = admin.get("/audit?kind=read").body["changes"]
    assert (row["path"].endswith("/batches/{id}/zip"), row["resource"]) == (True, batch["id"])
    assert any(each.get("resource") == batch["id"] for each in admin.get("/audit").body["changes"])


def test_job_without_the_libraries_is_dead_and_names_them(
    quick: BackOffice, monkeypatch: pytest.MonkeyPatch
):
    """A worker of another machine may lack what the API has; a repeated job goes on."""
    quick.create(body(option(1)), "?toPublish=true")
    batch = begun(quick, navs=[nav(1)])
    with monkeypatch.context() as patched:
        for name in [each for each in sys.modules if "features.documents" in each]:
            patched.delitem(sys.modules, name)
        patched.setitem(sys.modules, "typst", None)
        work(quick)
    dead = quick.get(f"{JOBS}/{batch['job']}").body
    quick.post(f"{JOBS}/{batch['job']}/retry")
    work(quick)

    assert dead["state"] == "dead"
    assert "requirements-documents.txt" in dead["lastError"]
    assert quick.get(f"{BATCHES}/{batch['id']}").body["state"] == "done"


def test_batch_of_a_cancelled_job_ends_and_goes_on_when_it_is_resumed(office: BackOffice):
    """Its notices wait until then, and a second request finds it at work."""
    office.create(body(option(1)), "?toPublish=true")
    batch = begun(office, navs=[nav(1), nav(9)])
    one, job = f"{BATCHES}/{batch['id']}", f"{JOBS}/{batch['job']}"
    early = office.post(f"{one}/resume")
    office.post(f"{job}/cancel")
    cancelled = office.get(one).body
    work(office)
    idle = office.get(one).body
    with zipfile.ZipFile(io.BytesIO(office.get(f"{one}/zip").body)) as zip_file:
        table = zip_file.read("outcomes.csv").decode().splitlines()
    resumed, again = office.post(f"{one}/resume"), office.post(f"{one}/resume")
    work(office)
    done, late = office.get(one).body, office.post(f"{one}/resume")

    assert (early.status, early.title) == (409, "The batch is running")
    assert (cancelled["state"], "endedAt" in cancelled) == ("cancelled", True)
    assert (idle["state"], idle["released"], idle["refused"]) == ("cancelled", 0, 0)
    assert table[1:] == [f"1,{nav(1)},,", f"2,{nav(9)},,"]
    assert (resumed.status, resumed.body["state"]) == (200, "running")
    assert "endedAt" not in resumed.body
    assert (again.status, again.title) == (409, "The batch is running")
    assert (done["state"], done["released"], done["refused"]) == ("done", 1, 1)
    assert office.get(job).body["state"] == "done"
    assert (late.status, late.title) == (409, "The batch has ended")


def test_batch_that_is_cancelled_at_work_keeps_what_was_released(
    office: BackOffice, monkeypatch: pytest.MonkeyPatch
):
    """The job ends at its next step; a resumed one prints the rest alone."""
    monkeypatch.setattr(archive_batch, "CHUNK", 1)
    numbers = (1, 2, 3)
    for number in numbers:
        office.create(body(option(number), iupd=f"POSIZIONE-{number}"), "?toPublish=true")
    batch = begun(office, navs=[nav(number) for number in numbers])
    one, job = f"{BATCHES}/{batch['id']}", f"{JOBS}/{batch['job']}"
    kind = batch_kind(Settings())

    def run(attempt: Job) -> str:
        answers: list[str] = []
        check = attempt.check

        def cancel_after_the_first() -> None:
            if attempt.done == 1 and not answers:
                answers.append(office.post(f"{job}/cancel").body["state"])
            check()

        monkeypatch.setattr(attempt, "check", cancel_after_the_first)
        return kind.run(attempt)

    Worker(office.store, [kind._replace(run=run)], office.clock).once()
    cancelled, ended = office.get(one).body, office.get(job).body
    [document] = office.get(f"/organizations/{ORGANIZATION}/documents").body["documents"]
    office.post(f"{one}/resume")
    work(office)
    lines = office.get(f"{one}/lines").body["lines"]

    assert (cancelled["state"], cancelled["released"], ended["state"]) == (
        "cancelled", 1, "cancelled",
    )  # fmt: skip
    assert office.get(one).body["state"] == "done"
    assert [each["nav"] for each in lines] == [nav(number) for number in numbers]
    assert lines[0]["document"] == document["id"]
    assert len({each["document"] for each in lines}) == len(numbers)


def test_batch_of_a_dead_or_missing_job_is_resumed(quick: BackOffice):
    """A command begins a batch without a job, and an ended job is removed after a month."""
    quick.create(body(option(1)), "?toPublish=true")
    batch = begun(quick, navs=[nav(1)])
    one, of_job = f"{BATCHES}/{batch['id']}", tables.job.c.id == batch["job"]
    with quick.store.begin() as connection:
        connection.execute(update(tables.job).where(of_job).values(state="dead", next_at=None))
    dead = quick.post(f"{one}/resume").status
    with quick.store.begin() as connection:
        connection.execute(delete(tables.job).where(of_job))
    missing = quick.post(f"{one}/resume").status
    work(quick)

    assert (dead, missing) == (200, 200)
    assert quick.get(one).body["state"] == "done"
