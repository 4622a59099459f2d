"""pagoPA's print service: its client prints here with another address and key."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from gpd_soap.features.documents.archive.job import batch_kind
from gpd_soap.features.documents.reading import read_pages
from gpd_soap.features.documents.reasons import Reason
from gpd_soap.settings import Settings
from gpd_soap.store import tables
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.usecases.jobs.schedules import schedules
from gpd_soap.usecases.jobs.worker import Worker
from tests.api.office import NOW, ONE, ORGANIZATION, Admin, Answer, BackOffice, installments
from tests.validation.bodies import OTHER, POSTAL, body, changed, nav, option, transfer

BASE = "/print-payment-notice-service/external/v1/notices"
SINGLE, PLAN, FINE = "TemplateSingleInstalment", "TemplateInstalments", "TemplateCdsInfraction"
DUE = "30/04/2026"
DEBTOR = {
    "taxCode": "RSSMRA00A01A000K",
    "fullName": "Maria Esempio Inviata",
    "address": "Via della Prova",
    "buildingNumber": "12/A",
    "postalCode": "00100",
    "city": "Roma",
    "province": "RM",
}
#: As a client sends it whose fields have no value: null.
SENT: dict[str, Any] = {
    "templateId": SINGLE,
    "data": {
        "notice": {
            "subject": "Oggetto inviato",
            "paymentAmount": 1000,
            "dueDate": DUE,
            "code": nav(1),
            "installments": None,
            "reduced": None,
            "discounted": None,
        },
        "creditorInstitution": {"taxCode": ORGANIZATION},
        "debtor": DEBTOR,
    },
}


def item(template: str = SINGLE, **notice: object) -> dict[str, Any]:
    """Return a notice to print; `notice` replaces fields of its amounts."""
    data = {**SENT["data"], "notice": {**SENT["data"]["notice"], **notice}}
    return {"templateId": template, "data": data}


def amount(serial: int, cents: int = 1000, due: str | None = DUE) -> dict[str, Any]:
    """Return one amount of an item."""
    return {"code": nav(serial), "amount": cents, "dueDate": due}


def generate(office: BackOffice, content: object = None, query: str = "", **more: Any) -> Answer:
    """Print a notice."""
    return office.post(f"{BASE}/generate{query}", content or item(), **more)


def many(office: BackOffice, *items: object, name: str = "prova", **more: Any) -> Answer:
    """Send a request for many notices."""
    named = {"headers": {"Idempotency-Key": name}} if name else {}
    return office.post(f"{BASE}/generate-massive", {"notices": list(items)}, **named, **more)


def work(office: BackOffice) -> None:
    """Do the jobs that are due."""
    Worker(office.store, [batch_kind(Settings())], office.clock).once()


def text_of(pdf: bytes) -> str:
    """Return the text of a document."""
    return "\n".join(page.text for page in read_pages(pdf))


def numbers(pdf: bytes) -> list[str]:
    """Return the notice numbers in the QR codes of a document."""
    codes = [code for page in read_pages(pdf) for code in page.codes]
    return [text.split("|")[2] for kind, text in codes if kind == "QR code"]


def test_notice_is_printed_with_the_texts_that_were_sent(office: BackOffice):
    """The answer has the published status, type and name; the archive has the document."""
    office.create(query="?toPublish=true")
    printed = generate(office)
    name = f"pagopa-avviso-{ORGANIZATION}-{nav(1)}-{SINGLE}.pdf"

    assert (printed.status, printed.headers["Content-Type"]) == (201, "application/pdf")
    assert printed.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    for sent in ("Oggetto inviato", "Maria Esempio Inviata", "Via della Prova 12/A"):
        assert sent in text_of(printed.body)
    assert numbers(printed.body) == [nav(1)]
    [archived] = office.get(f"/organizations/{ORGANIZATION}/documents").body["documents"]
    assert (archived["state"], archived["actorKind"]) == ("current", "key")
    assert generate(office).body == printed.body


def test_templates_print_the_amounts_that_were_sent(office: BackOffice):
    """A plan beside its single payment, its installments alone, and one of them."""
    office.create(installments(1, 2, 3), "?toPublish=true")
    rates = [amount(2), amount(3)]
    whole = generate(office, item(PLAN, installments=rates))
    rest = generate(office, item("TemplateManyInstalments", code=None, installments=rates))
    one = generate(office, item(code=nav(3)))

    assert numbers(whole.body) == [nav(1), nav(2), nav(3)]
    assert numbers(rest.body) == [nav(2), nav(3)]
    assert numbers(one.body) == [nav(3)]
    assert rest.headers["Content-Disposition"].count(nav(2)) == 1


def test_fine_and_slips(office: BackOffice):
    """A template with slips needs postal accounts; the discounted amount is first."""
    early = option(1, transfer(amount=700, postalIban=POSTAL), dueDate="2026-04-05")
    office.create(body(early, option(2, transfer(postalIban=POSTAL))), "?toPublish=true")
    fine = {"code": None, "discounted": amount(1, 700, "05/04/2026"), "reduced": amount(2)}
    printed = generate(office, item(f"{FINE}Poste", **fine))
    swapped = {"code": None, "discounted": amount(2), "reduced": amount(1, 700, None)}

    assert printed.status == 201, printed.body
    assert numbers(printed.body) == [nav(1), nav(2)]
    assert {kind for page in read_pages(printed.body) for kind, _ in page.codes} == {
        "QR code",
        "Data Matrix",
    }
    assert generate(office, item(FINE, **swapped)).body["detail"] == Reason.FINE


REFUSED = {
    Reason.TEMPLATE_DATA: item(PLAN),
    Reason.SENT_AMOUNT: item(paymentAmount=999),
    Reason.SENT_DUE_DATE: item(dueDate="29/04/2026"),
    Reason.SENT_DEBTOR: changed(item(), "data.debtor.taxCode", "VRDLGI00A01A000K"),
    Reason.UNKNOWN: item(code=nav(9)),
    Reason.SENT_NUMBERS: item(PLAN, installments=[amount(2), amount(8)]),
    Reason.NO_SLIP: item(f"{SINGLE}Poste"),
}


@pytest.mark.parametrize("reason", REFUSED, ids=[each.name for each in REFUSED])
def test_notice_that_would_mislead_is_400_with_its_reason(quick: BackOffice, reason: Reason):
    """What the Node answers, and nothing else, stands on paper."""
    quick.create(installments(1, 2, 3), "?toPublish=true")
    refused = generate(quick, REFUSED[reason])

    assert (refused.status, refused.title, refused.body["detail"]) == (400, "Bad Request", reason)
    assert quick.get(f"/organizations/{ORGANIZATION}/documents").body["documents"] == []


def test_paid_notice_is_400(quick: BackOffice):
    """A paid installment stops the document that was sent with it."""
    quick.create(installments(1, 2, 3), "?toPublish=true")
    quick.pay(2)
    refused = generate(quick, item(PLAN, installments=[amount(2), amount(3)]))

    assert (refused.status, refused.body["detail"]) == (400, Reason.EXCLUDED)
    rates = item("TemplateManyInstalments", code=None, installments=[amount(2), amount(3)])
    assert generate(quick, rates).body["detail"] == Reason.PAID


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (changed(item(), "data.notice.subject", "x" * 91), "data.notice.subject"),
        (changed(item(), "data.notice.code", "1"), "data.notice.code"),
        (changed(item(), "data.notice.dueDate", "2026-04-30"), "data.notice.dueDate"),
        (changed(item(), "data.notice.dueDate", "1/4/2026"), "data.notice.dueDate"),
        (changed(item(), "data.notice.dueDate", "31/02/2026"), "data.notice.dueDate"),
        (changed(item(), "data.debtor.fullName", "x" * 71), "data.debtor.fullName"),
        (changed(item(), "data.debtor.address", "x" * 141), "data.debtor.address"),
        (item(installments=[amount(2)]), "data.notice.installments"),
        (changed(item(), "data.debtor.fullName", "a\0b"), "data.debtor.fullName"),
    ],
)
def test_item_outside_the_published_form_is_400(quick: BackOffice, content: object, field: str):
    """The lengths are the published ones."""
    refused = generate(quick, content)

    assert (refused.status, {name for name, _ in refused.errors}) == (400, {field})


def test_debtor_without_an_address_or_a_code_is_printed(office: BackOffice):
    """Required fields may be empty; a code that is not sent is the stored one."""
    office.create(query="?toPublish=true")
    bare = {**dict.fromkeys(DEBTOR, ""), "fullName": "Maria Esempio", "taxCode": None}
    content = changed(item(), "data.debtor", bare)

    assert "RSSMRA00A01A000K" in text_of(generate(office, content).body)


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
    with zipfile.ZipFile(io.BytesIO(zipped.body)) as whole:
        assert whole.namelist() == [f"{name}.pdf"]
        printed = whole.read(f"{name}.pdf")
    for file in (name, f"{name}.pdf"):
        assert follow(office, office.get(f"{folder}/file/{file}/url")).body == printed
    assert "Oggetto inviato" in text_of(printed)


def follow(office: BackOffice, answer: Answer, **more: Any) -> Answer:
    """Open the link of an answer, without a key."""
    assert answer.status == 200, answer.body
    link = answer.body["signedUrl"]
    assert link.startswith("http://localhost/"), link
    return office.get(link.removeprefix("http://localhost"), key="", **more)


def test_request_of_the_same_name_has_one_folder(quick: BackOffice):
    """The name is required, as published."""
    quick.create(query="?toPublish=true")
    first, again = many(quick, item()), many(quick, item())

    assert first.body == again.body
    assert many(quick, item(), name="altra").body != first.body
    unnamed = many(quick, item(), name="")
    assert (unnamed.status, unnamed.errors) == (400, {("Idempotency-Key", "required")})


def test_what_was_sent_is_erased_with_its_outcome(office: BackOffice):
    """So it is with its folder, and after a week in which nobody has printed it."""
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


def status_of(office: BackOffice, folder: str) -> Any:
    """Return how far a folder is."""
    return office.get(f"{BASE}/folder/{folder}/status").body


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
    with zipfile.ZipFile(io.BytesIO(zipped.body)) as whole:
        assert len(whole.namelist()) == 2
    nowhere = generate(office, query=f"?folderId={ORGANIZATION}-bat_{32 * '0'}")
    assert (nowhere.status, nowhere.title) == (404, "Folder Not Available")


def test_key_of_another_organization_reads_and_prints_nothing(quick: BackOffice):
    """The answers say nothing of what is there."""
    quick.create(query="?toPublish=true")
    folder = f"{BASE}/folder/{many(quick, item()).body['folder_id']}"
    stranger, reader = quick.key(Role.WRITER, OTHER), quick.key(Role.READER, ORGANIZATION)

    for refused in (generate(quick, key=stranger), many(quick, item(), key=stranger)):
        assert (refused.status, refused.title) == (403, "Not allowed for notice ci tax code")
    for method, path in (
        *(("GET", f"{folder}/{name}") for name in ("status", "url", "error/1", "file/1/url")),
        ("DELETE", folder),
    ):
        refused = quick.request(method, path, key=stranger)
        assert (refused.status, refused.title) == (404, "Folder Not Available"), path
    assert quick.get(f"{folder}/status", key=reader).status == 200
    assert generate(quick, key=reader).status == 403
    assert quick.request("DELETE", folder, key=reader).status == 403


def test_folder_is_of_one_organization_that_is_registered(admin: Admin):
    """A key of every organization, too, sends one request for each."""
    everywhere = admin.key(Role.WRITER, keys.ALL_ORGANIZATIONS)
    theirs = changed(item(), "data.creditorInstitution.taxCode", OTHER)
    nobodys = changed(item(), "data.creditorInstitution.taxCode", "00000000000")
    mixed = many(admin, item(), theirs, key=everywhere)
    unknown = generate(admin, nobodys, key=everywhere)

    assert (mixed.status, mixed.title) == (400, "Bad Request")
    assert (unknown.status, unknown.title) == (404, "Institution Not Found")


def test_link_is_good_for_five_minutes_as_long_as_its_key_is(office: BackOffice):
    """A changed one is 401, like a wrong key."""
    office.create(query="?toPublish=true")
    folder = many(office, item()).body["folder_id"]
    work(office)
    key = office.key(Role.READER, ORGANIZATION)
    answer = office.get(f"{BASE}/folder/{folder}/url", key=key)
    link = answer.body["signedUrl"].removeprefix("http://localhost")
    assert office.get(link, key="").status == 200
    assert office.get(link, key="").headers["Cache-Control"] == "no-store"

    path, _, query = link.partition("?")
    file = f"pagopa-avviso-{ORGANIZATION}-{nav(1)}-{SINGLE}.pdf"
    for wrong in (
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.replace("expires=", "expires=9"),
        f"{path.rpartition('/')[0]}/{file}?{query}",
        path,
        f"{path}?key=000000000000&expires=9999999999&signature=x",
        f"{link}&again=1",
    ):
        assert office.get(wrong, key="").status == 401, wrong
    office.clock.now = NOW + timedelta(minutes=5)
    assert office.get(link, key="").status == 401
    office.clock.now = NOW
    with office.store.begin() as connection:
        revoked = tables.api_key.c.digest == keys.digest(key)
        connection.execute(update(tables.api_key).where(revoked).values(revoked_at=NOW))
    assert office.get(link, key="").status == 401


def test_download_by_a_link_is_in_the_audit_of_its_organization(admin: Admin):
    """So is what was printed, with the notice."""
    admin.create(query="?toPublish=true")
    generate(admin)
    folder = many(admin, item()).body["folder_id"]
    work(admin)
    follow(admin, admin.get(f"{BASE}/folder/{folder}/url"))
    assert admin.store.access_trail.flush(20)
    path = f"/organizations/{ORGANIZATION}/audit"
    [read] = admin.get(f"{path}?kind=read").body["changes"]
    printed = [each for each in admin.get(path).body["changes"] if "generate" in each["path"]]

    assert (read["path"].endswith("/signed/{folder_id}/{file_id}"), read["resource"]) == (
        True,
        folder.partition("-")[2],
    )
    assert {each["path"].rpartition("/")[2]: each.get("nav") for each in printed} == {
        "generate": nav(1),
        "generate-massive": None,
    }


def test_templates_are_those_of_the_published_service(quick: BackOffice):
    """A template is a zip of its sources."""
    listed = quick.get(f"{BASE}/templates").body
    one = quick.get(f"{BASE}/templates/{SINGLE}")

    assert [each["templateId"] for each in listed] == [
        SINGLE, f"{SINGLE}Poste", PLAN, f"{PLAN}Poste", "TemplateManyInstalments",
        FINE, f"{FINE}Poste",
    ]  # fmt: skip
    assert {tuple(each) for each in listed} == {("templateId", "description", "templateExampleUrl")}
    with zipfile.ZipFile(io.BytesIO(one.body)) as whole:
        assert "notice.typ" in whole.namelist()
    for missing in (quick.get(f"{BASE}/templates/X"), generate(quick, item("X"))):
        assert (missing.status, missing.title) == (404, "Template Not Found")


def test_printed_notice_is_not_remembered_by_a_name(quick: BackOffice):
    """The answer is a person's document; a second request gives the same bytes."""
    quick.create(query="?toPublish=true")
    named = generate(quick, headers={"Idempotency-Key": "prova"})

    assert (named.status, named.errors) == (400, {("Idempotency-Key", "secret")})


def test_folder_whose_job_is_dead_has_failed(quick: BackOffice):
    """An operator retries the job."""
    quick.create(query="?toPublish=true")
    folder = many(quick, item()).body["folder_id"]
    with quick.store.begin() as connection:
        connection.execute(update(tables.job).values(state="dead"))

    assert status_of(quick, folder)["status"] == "FAILED"
