"""Batches of notices over the API: begun by a request, made by a job, taken as a zip."""

import io
import sys
import zipfile
from typing import Any

import pytest
from sqlalchemy import update

from gpd_soap.features.documents.archive.job import batch_kind
from gpd_soap.features.documents.notice import Reason
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.access.keys import Role
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

    with zipfile.ZipFile(io.BytesIO(office.get(f"{one}/zip").body)) as whole:
        assert set(whole.namelist()) == {f"000001-{nav(1)}.pdf", "outcomes.csv"}
        assert whole.read(f"000001-{nav(1)}.pdf").startswith(b"%PDF")


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
    """One choice, and numbers of 18 digits."""
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
