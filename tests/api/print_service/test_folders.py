"""Folders of many notices: their states, files, errors, and what of them is erased."""

import io
import zipfile
from datetime import timedelta

from sqlalchemy import func, select, update

from gpd_soap.features.documents.reasons import Reason
from gpd_soap.store import tables
from gpd_soap.usecases.jobs.schedules import schedules
from gpd_soap.usecases.jobs.worker import Worker
from tests.api.office import NOW, ONE, ORGANIZATION, BackOffice
from tests.api.print_service.client import (
    BASE,
    SINGLE,
    follow,
    generate,
    item,
    many,
    status_of,
    text_of,
    work,
)
from tests.validation.bodies import body, nav, option


def test_folder_has_what_was_printed_and_why_the_rest_was_not(office: BackOffice):
    """Its states, names, errors and links are those of the published service."""
    office.create(query="?toPublish=true")
    office.create(body(option(2), iupd="POSIZIONE-2"), "?toPublish=true")
    unknown = item("TemplateDiNessuno")
    accepted = many(office, item(), item(code=nav(2), paymentAmount=1), unknown)
    folder = f"{BASE}/folder/{accepted.body['folder_id']}"
    early = [office.get(f"{folder}/{name}") for name in ("status", "url")]
    work(office)
    status = office.get(f"{folder}/status").body
    name = f"pagopa-avviso-{ORGANIZATION}-{nav(1)}-{SINGLE}"
    error = office.get(f"{folder}/error/{status['noticesInError'][0]}").body

    assert (accepted.status, list(accepted.body)) == (200, ["folder_id"])
    assert early[0].body == {"status": "INSERTED", "processedNotices": [], "noticesInError": []}
    assert (early[1].status, early[1].title) == (403, "Notice request To Be Completed")
    assert status["status"] == "PROCESSED_WITH_FAILURES"
    assert status["processedNotices"] == [name]
    assert status["noticesInError"] == [f"000002-{nav(2)}", f"000003-{nav(1)}"]
    assert (error["errorCode"], error["errorDescription"]) == ("SENT_AMOUNT", Reason.SENT_AMOUNT)
    assert error["compressionError"] is False

    zipped = follow(office, office.get(f"{folder}/url"))
    with zipfile.ZipFile(io.BytesIO(zipped.body)) as zip_file:
        assert zip_file.namelist() == [f"{name}.pdf"]
        printed = zip_file.read(f"{name}.pdf")
    for file in (name, f"{name}.pdf"):
        assert follow(office, office.get(f"{folder}/file/{file}/url")).body == printed
    assert "Oggetto inviato" in text_of(printed)


def test_request_of_the_same_name_has_one_folder(quick: BackOffice):
    """The name is required, as published."""
    quick.create(query="?toPublish=true")
    first, again = many(quick, item()), many(quick, item())

    assert first.body == again.body
    assert many(quick, item(), name="altra").body != first.body
    unnamed = many(quick, item(), name="")
    assert (unnamed.status, unnamed.errors) == (400, {("Idempotency-Key", "required")})


def test_sent_content_is_erased_with_its_outcome(office: BackOffice):
    """It is erased with its folder, and after a week in which nobody has printed it."""
    office.create(query="?toPublish=true")
    printed, removed = (many(office, item(), name=name).body["folder_id"] for name in "ab")
    assert stored(office) == 2
    assert office.request("DELETE", f"{BASE}/folder/{removed}").status == 200
    assert stored(office) == 1
    work(office)
    assert stored(office) == 0
    assert status_of(office, printed)["status"] == "PROCESSED"
    gone = office.get(f"{BASE}/folder/{removed}/status")
    assert (gone.status, gone.title) == (404, "Folder Not Available")
    jobs = office.get(f"/organizations/{ORGANIZATION}/jobs").body["jobs"]
    assert sorted(each["state"] for each in jobs) == ["cancelled", "done"]

    old = many(office, item(), name="c").body["folder_id"]
    office.clock.now = NOW + timedelta(days=8)
    cleaning = [each for each in schedules() if each.name == "store.clean"]
    worker = Worker(office.store, cleaning, office.clock)
    worker.begin_schedules()
    worker.once()
    assert stored(office) == 0
    work(office)
    [error] = status_of(office, old)["noticesInError"]
    answer = office.get(f"{BASE}/folder/{old}/error/{error}").body
    assert answer["errorCode"] == "SENT_ERASED"


def stored(office: BackOffice) -> int:
    """Return for how many lines something that was sent is stored."""
    statement = select(func.count(tables.document_batch_line.c.request))
    with office.store.begin() as connection:
        return connection.execute(statement).scalar_one()


def test_document_that_is_printed_again_is_put_into_its_folder(office: BackOffice):
    """It takes the place of the error, or is one more document."""
    office.create()
    folder = many(office, item()).body["folder_id"]
    work(office)
    before = status_of(office, folder)
    office.post(f"{ONE}/publish")
    again = generate(office, query=f"?folderId={folder}")
    after = status_of(office, folder)
    office.create(body(option(2), iupd="POSIZIONE-2"), "?toPublish=true")
    generate(office, item(code=nav(2)), f"?folderId={folder}")

    assert (before["status"], len(before["noticesInError"])) == ("PROCESSED_WITH_FAILURES", 1)
    assert again.status == 201
    assert (after["status"], after["noticesInError"]) == ("PROCESSED", [])
    assert len(status_of(office, folder)["processedNotices"]) == 2
    zipped = follow(office, office.get(f"{BASE}/folder/{folder}/url"))
    with zipfile.ZipFile(io.BytesIO(zipped.body)) as zip_file:
        assert len(zip_file.namelist()) == 2
    nowhere = generate(office, query=f"?folderId={ORGANIZATION}-bat_{32 * '0'}")
    assert (nowhere.status, nowhere.title) == (404, "Folder Not Available")


def test_folder_whose_job_is_dead_has_failed(quick: BackOffice):
    """An operator retries the job."""
    quick.create(query="?toPublish=true")
    folder = many(quick, item()).body["folder_id"]
    with quick.store.begin() as connection:
        connection.execute(update(tables.job).values(state="dead"))

    assert status_of(quick, folder)["status"] == "FAILED"
