"""The worklist: each kind of case is found, read, downloaded as it arrived, and resolved once."""

import re
from typing import Any

import pytest

from gpd_soap.core.case_id import CaseKey, case_id
from gpd_soap.store.access.keys import Role
from tests.api.office import DAY, ORGANIZATION, BackOffice
from tests.api.paying import (
    NOBODYS,
    V1,
    WAITING,
    WORKLIST,
    keep,
    listed,
    message,
    quarantined,
    send,
)
from tests.validation.bodies import OTHER, body, iuv, nav, option
from tests.world import STRANGER

#: A receipt without an outcome, which breaks the schema.
BROKEN = message(6, "broken", outcome=None)
#: Messages of each kind by the id of their case, in the order of arrival.
SENT: dict[str, bytes] = {
    "applied": message(1, "applied"),
    "double": message(1, "double", fee="1.50", paymentDateTime="2026-03-16T09:58:31"),
    "applied.1": message(1, "applied", description="Altro"),
    "review": message(2, "review", V1, amount="9.99"),
    "elsewhere": message(7, "elsewhere", creditorReferenceId=iuv(3)),
    "unmatched": message(8, "unmatched"),
    "copy": message(9, "copy", fiscalCode=OTHER),
    "refused": message(10, "refused", outcome="KO"),
    quarantined(BROKEN): BROKEN,
}
CASES_OF_KIND = {
    "double": ["double"],
    "conflicting": ["applied.1"],
    "review": ["elsewhere", "review"],
    "unmatched": ["unmatched"],
    "quarantine": [quarantined(BROKEN)],
}
OPEN = [quarantined(BROKEN), "unmatched", "elsewhere", "review", "applied.1", "double"]
NOTE = {"note": "Restituito al pagatore, è chiuso"}


@pytest.fixture
def full(office: BackOffice) -> BackOffice:
    """A position of three notices, and a message of every kind, a day apart."""
    options = [option(serial, isPartialPayment=True) for serial in (1, 2, 3)]
    office.create(body(*options), "?toPublish=true")
    for sent in SENT.values():
        answer = send(office, sent)
        assert answer == ("PAA_SINTASSI_XSD" if sent == BROKEN else "OK")
        office.clock.now += DAY
    return office


def read(office: BackOffice, case: str, path: str = WORKLIST) -> dict[str, Any]:
    """Read a case; fails if it is not found."""
    answer = office.get(f"{path}/{case}")
    assert answer.status == 200, answer.body
    case_body: dict[str, Any] = answer.body
    return case_body


def test_worklist_filter_by_kind_finds_its_cases(full: BackOffice):
    """Receipts that are applied, secondary or not paid are no cases to resolve."""
    assert {kind: listed(full, f"kind={kind}") for kind in CASES_OF_KIND} == CASES_OF_KIND
    assert listed(full) == OPEN


def test_worklist_filter_by_number_or_iuv_finds_receipts_of_the_notice(full: BackOffice):
    """A filter has no wildcards."""
    assert listed(full, f"nav={nav(1)}") == ["applied.1", "double"]
    assert listed(full, f"iuv={iuv(3)}") == ["elsewhere"]
    assert listed(full, f"nav={nav(1)}&iuv={iuv(3)}") == []
    assert listed(full, f"nav={nav(1)}&kind=quarantine") == []
    assert listed(full, "iuv=%25") == []
    assert listed(full, "iuv=' or '1'='1") == []


def test_worklist_pages_hold_every_case_once(full: BackOffice):
    """Each page has the total of all pages."""
    listed_ids = []
    for page in range(4):
        answer = full.get(f"{WORKLIST}?limit=2&page={page}").body
        assert answer["page_info"] == {
            "page": page, "limit": 2, "items_found": 6, "total_pages": 3,
        }  # fmt: skip
        listed_ids += [each["id"] for each in answer["worklist"]]

    assert listed_ids == OPEN


def test_double_payment_shows_payment_and_notice(full: BackOffice):
    """The case has every field that a refund needs."""
    assert send(full, SENT["double"]) == "OK"

    assert read(full, "double") == {
        "id": "double",
        "organizationFiscalCode": ORGANIZATION,
        "kind": "double",
        "reasons": ["the notice was paid already"],
        "primitive": "paSendRTV2",
        "receivedDate": "2026-03-17T10:00:00",
        "lastReceivedDate": "2026-03-25T10:00:00",
        "copies": 2,
        "receiptId": "double",
        "noticeNumber": nav(1),
        "iuv": iuv(1),
        "amount": 1000,
        "fee": 150,
        "paymentDateTime": "2026-03-16T09:58:31",
        "pspCode": "PSPDIESEMPIO",
        "pspCompany": "PSP di Esempio",
        "debtor": "RSSMRA00A01A000A",
        "notice": {
            "iupd": "POSIZIONE-1",
            "noticeNumber": nav(1),
            "iuv": iuv(1),
            "status": "PO_PAID",
            "idReceipt": "applied",
        },
    }


def test_receipt_in_review_shows_its_reasons_and_notice(full: BackOffice):
    """The notice is shown even if the receipt did not pay it."""
    review, elsewhere = read(full, "review"), read(full, "elsewhere")

    assert review["reasons"] == ["the amount differs"]
    assert (review["primitive"], review["amount"]) == ("paSendRT", 999)
    assert review["notice"]["idReceipt"] == "review"
    assert elsewhere["reasons"] == ["the IUV is of another notice"]
    assert elsewhere["notice"]["noticeNumber"] == nav(3)
    assert elsewhere["notice"]["status"] == "PO_UNPAID"
    assert read(full, "applied.1")["reasons"] == ["same receiptId, other content"]


def test_receipt_through_an_unknown_station_shows_the_drift(quick: BackOffice):
    """The drift is shown beside the reasons."""
    sent = message(8, "r").replace(b"15376371009_01", b"15376371009_09")
    assert send(quick, sent) == "OK"

    assert read(quick, "r")["drift"] == "station"


def test_quarantined_message_shows_its_reason_without_its_content(full: BackOffice):
    """A message that breaks the schema cannot be relied on."""
    assert send(full, BROKEN) == "PAA_SINTASSI_XSD"

    assert read(full, quarantined(BROKEN)) == {
        "id": quarantined(BROKEN),
        "organizationFiscalCode": ORGANIZATION,
        "kind": "quarantine",
        "reasons": ["contract: creditorReferenceId, unexpected"],
        "primitive": "paSendRTV2",
        "receivedDate": "2026-03-24T10:00:00",
        "lastReceivedDate": "2026-03-25T10:00:00",
        "copies": 2,
    }


def test_reason_of_an_unknown_element_is_english(quick: BackOffice):
    """The sentence for the counter is Italian, and the reasons of the worklist are not."""
    sent = message(12, "r-12").replace(b"<idChannel>", b"<canale>x</canale><idChannel>", 1)
    assert b"canale" in sent
    assert send(quick, sent) == "PAA_SINTASSI_XSD"

    [reason] = read(quick, quarantined(sent))["reasons"]
    assert reason == "contract: an element that the contract does not know, unexpected"


def test_message_is_downloaded_byte_for_byte(full: BackOffice):
    """A receipt that is no open case can be downloaded too."""
    in_utf_16 = message(11, "odd", description="è").decode().replace("\n", "\r\n").encode("utf-16")
    assert send(full, in_utf_16) == "OK"

    for case, sent in {**SENT, "odd": in_utf_16}.items():
        answer = full.get(f"{WORKLIST}/{case}/raw")
        assert answer.body == sent
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{case}.xml"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_receipt_with_an_unusual_id_is_read_by_its_case_id(office: BackOffice):
    """The case id in the list leads to the case and its message."""
    names = ["a/b?c#d", "..", "%2e%2E", 'q"\r\n', "è ' or 1=1 --", "~", "x" * 300, "q.1"]
    for serial, name in enumerate(names, 20):
        assert send(office, message(serial, name)) == "OK"

    cases = listed(office)

    assert len(set(cases)) == len(names)
    for case in cases:
        assert read(office, case)["id"] == case
        assert office.get(f"{WORKLIST}/{case}/raw").status == 200


def test_second_resolution_of_a_case_is_409(full: BackOffice):
    """A resolved case has who resolved it, when, and the note, and is found by the filter."""
    for case in OPEN:
        answer = full.post(f"{WORKLIST}/{case}/resolve", NOTE)
        assert answer.status == 200
        by = answer.body["resolved"]["by"]
        assert re.fullmatch(r"[0-9a-f]{12} \(Ufficio di prova\)", by)
        assert answer.body["resolved"] == {
            "date": "2026-03-25T10:00:00", "by": by, "note": NOTE["note"],
        }  # fmt: skip
        assert read(full, case) == answer.body
        again = full.post(f"{WORKLIST}/{case}/resolve", {"note": "Di nuovo"})
        assert (again.status, again.title) == (409, "The case is not open")
        assert read(full, case) == answer.body

    assert listed(full) == []
    assert listed(full, "resolved=true") == listed(full, "resolved=all") == OPEN


def test_resolution_of_an_applied_secondary_or_unpaid_receipt_is_409(full: BackOffice):
    """Such a receipt can only be read."""
    for case, kind in {"applied": "applied", "copy": "secondary", "refused": "not-paid"}.items():
        assert read(full, case)["kind"] == kind
        assert full.post(f"{WORKLIST}/{case}/resolve", NOTE).status == 409
        assert full.post(f"{WORKLIST}/{case}/rematch").status == 409
        assert "resolved" not in read(full, case)


@pytest.mark.parametrize(
    "content",
    [{}, {"note": ""}, {"note": "x" * 501}, {"note": "a\nb"}, {"note": 1}, {"by": "io"}, []],
)
def test_resolution_with_an_invalid_note_is_400(quick: BackOffice, content: object):
    """A note has 1 to 500 printable characters."""
    keep(quick)
    refused = quick.post(f"{WORKLIST}/r-90/resolve", content)

    assert (refused.status, refused.title) == (400, "BAD REQUEST")
    assert listed(quick) == ["r-90"]


MISSING_CASES = {
    "r-9": 404,
    "r-90.1": 404,
    "~ci05MA": 404,
    "~AA": 404,
    "~": 404,
    "q." + "0" * 64: 404,
    "R-90": 404,
    "r_90": 404,
    "r-90.999999999": 404,
    "r-90.99999999999999999999": 404,
    "r%2090": 400,
    "r%00": 400,
    "%C3%A8": 400,
    "x" * 401: 400,
}


def test_missing_case_is_404_or_400_for_every_operation(office: BackOffice):
    """Both kinds of database answer alike."""
    keep(office)
    operations: list[tuple[str, str, object]] = [
        ("GET", "", None),
        ("GET", "/raw", None),
        ("POST", "/resolve", NOTE),
        ("POST", "/rematch", {}),
    ]

    for method, suffix, content in operations:
        paths = {case: f"{WORKLIST}/{case}{suffix}" for case in MISSING_CASES}
        assert {
            c: office.request(method, path, content).status for c, path in paths.items()
        } == MISSING_CASES


@pytest.mark.parametrize(
    "query",
    ["kind=applied", "kind=", "resolved=maybe", "nav=x", "nav=" + "1" * 31, "iuv=%00", "iuv=",
     "limit=51", "limit=0", "page=-1", "kinds=double"],
)  # fmt: skip
def test_invalid_worklist_query_is_400(quick: BackOffice, query: str):
    """An invalid parameter is never ignored."""
    refused = quick.get(f"{WORKLIST}?{query}")

    assert (refused.status, refused.title) == (400, "BAD REQUEST")


def test_message_for_an_unknown_organization_is_on_the_general_worklist_alone(office: BackOffice):
    """The case names that organization."""
    keep(office)
    nobodys, key = quarantined(NOBODYS), office.key(Role.ADMIN)
    answer = office.get("/worklist", key=key)

    assert [each["id"] for each in answer.body["worklist"]] == [nobodys]
    assert answer.body["worklist"][0]["organizationFiscalCode"] == STRANGER
    assert answer.body["page_info"]["items_found"] == 1
    assert office.get(f"/worklist/{nobodys}/raw", key=key).body == NOBODYS
    assert office.get("/worklist/r-90", key=key).status == 404
    assert office.get(f"{WORKLIST}/{nobodys}").status == 404
    assert listed(office) == ["r-90"]
    resolved = office.post(f"/worklist/{nobodys}/resolve", NOTE, key=key)
    assert (resolved.status, resolved.body["resolved"]["note"]) == (200, NOTE["note"])
    assert office.get("/worklist", key=key).body["worklist"] == []


def test_resolution_is_of_one_organization_though_case_ids_are_equal(office: BackOffice):
    """Two organizations may have receipts with the same id."""
    keep(office)
    theirs = message(91, "r-90", organization=OTHER, fiscalCode=OTHER)
    assert send(office, theirs) == "OK"
    other, path = office.key(Role.WRITER, OTHER), WORKLIST.replace(ORGANIZATION, OTHER)

    assert office.get(f"{path}/r-90/raw", key=other).body == theirs
    assert office.get(f"{WORKLIST}/r-90/raw").body == WAITING
    assert office.post(f"{path}/r-90/resolve", NOTE, key=other).status == 200
    assert listed(office) == ["r-90"]
    assert "resolved" not in read(office, case_id(CaseKey("r-90", 0)))
