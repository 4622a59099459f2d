"""What waits for a person: every kind is found, read, downloaded as it came, and resolved once."""

from typing import Any

import pytest

from gpd_soap.core.case_id import CaseKey, case_id
from gpd_soap.store.access.keys import Role
from tests.api.office import DAY, ORGANIZATION, Office
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

#: A receipt without an outcome, which the contract does not know.
BROKEN = message(6, "broken", outcome=None)
#: One of each kind, in the order in which they come.
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
KINDS = {
    "double": ["double"],
    "conflicting": ["applied.1"],
    "review": ["elsewhere", "review"],
    "unmatched": ["unmatched"],
    "quarantine": [quarantined(BROKEN)],
}
OPEN = [quarantined(BROKEN), "unmatched", "elsewhere", "review", "applied.1", "double"]
NOTE = {"note": "Restituito al pagatore, è chiuso"}


@pytest.fixture
def full(office: Office) -> Office:
    """Three notices, and a message of every kind, a day apart."""
    options = [option(serial, isPartialPayment=True) for serial in (1, 2, 3)]
    office.create(body(*options), "?toPublish=true")
    for sent in SENT.values():
        told = send(office, sent)
        assert told == ("PAA_SINTASSI_XSD" if sent == BROKEN else "OK")
        office.clock.now += DAY
    return office


def read(office: Office, case: str, where: str = WORKLIST) -> dict[str, Any]:
    """One case."""
    answer = office.get(f"{where}/{case}")
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body
    return found


def test_each_kind_is_found_by_its_name(full: Office):
    """What was applied, a copy and what was not paid wait for nobody."""
    assert {kind: listed(full, f"kind={kind}") for kind in KINDS} == KINDS
    assert listed(full) == OPEN


def test_a_notice_finds_its_cases(full: Office):
    """By its number or its IUV, among the receipts; a filter is no pattern."""
    assert listed(full, f"nav={nav(1)}") == ["applied.1", "double"]
    assert listed(full, f"iuv={iuv(3)}") == ["elsewhere"]
    assert listed(full, f"nav={nav(1)}&iuv={iuv(3)}") == []
    assert listed(full, f"nav={nav(1)}&kind=quarantine") == []
    assert listed(full, "iuv=%25") == []
    assert listed(full, "iuv=' or '1'='1") == []


def test_the_pages_hold_every_case_once(full: Office):
    """With the true total on each of them."""
    seen = []
    for at in range(4):
        answer = full.get(f"{WORKLIST}?limit=2&page={at}").body
        assert answer["page_info"] == {
            "page": at, "limit": 2, "items_found": 6, "total_pages": 3,
        }  # fmt: skip
        seen += [each["id"] for each in answer["worklist"]]

    assert seen == OPEN


def test_a_double_payment_shows_what_paid_the_notice(full: Office):
    """Everything that whoever gives the money back must know."""
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


def test_a_receipt_to_review_says_what_is_odd(full: Office):
    """And which notice it is about, though it paid none."""
    review, elsewhere = read(full, "review"), read(full, "elsewhere")

    assert review["reasons"] == ["the amount differs"]
    assert (review["primitive"], review["amount"]) == ("paSendRT", 999)
    assert review["notice"]["idReceipt"] == "review"
    assert elsewhere["reasons"] == ["the IUV is of another notice"]
    assert elsewhere["notice"]["noticeNumber"] == nav(3)
    assert elsewhere["notice"]["status"] == "PO_UNPAID"
    assert read(full, "applied.1")["reasons"] == ["same receiptId, other content"]


def test_a_broker_that_is_not_ours_is_told(quick: Office):
    """As a drift, beside the reasons."""
    sent = message(8, "r").replace(b"15376371009_01", b"15376371009_09")
    assert send(quick, sent) == "OK"

    assert read(quick, "r")["drift"] == "station"


def test_a_quarantined_message_says_why_and_nothing_of_its_content(full: Office):
    """It breaks the contract, so that none of it can be relied on."""
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


def test_every_message_can_be_had_exactly_as_it_came(full: Office):
    """Byte for byte, to be saved and not to be shown; also of what waits for nobody."""
    odd = message(11, "odd", description="è").decode().replace("\n", "\r\n").encode("utf-16")
    assert send(full, odd) == "OK"

    for case, sent in {**SENT, "odd": odd}.items():
        answer = full.get(f"{WORKLIST}/{case}/raw")
        assert answer.body == sent
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{case}.xml"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_receipt_may_be_called_anything(office: Office):
    """It is found, read and downloaded by the name that the list gives it."""
    names = ["a/b?c#d", "..", "%2e%2E", 'q"\r\n', "è ' or 1=1 --", "~", "x" * 300, "q.1"]
    for at, name in enumerate(names):
        assert send(office, message(20 + at, name)) == "OK"

    cases = listed(office)

    assert len(set(cases)) == len(names)
    for case in cases:
        assert read(office, case)["id"] == case
        assert office.get(f"{WORKLIST}/{case}/raw").status == 200


def test_a_case_is_resolved_once(full: Office):
    """With who did it, when, and the note; then it is found among those that are resolved."""
    for case in OPEN:
        answer = full.post(f"{WORKLIST}/{case}/resolve", NOTE)
        assert answer.status == 200
        assert answer.body["resolved"] == {
            "date": "2026-03-25T10:00:00", "by": "Ufficio di prova", "note": NOTE["note"],
        }  # fmt: skip
        assert read(full, case) == answer.body
        again = full.post(f"{WORKLIST}/{case}/resolve", {"note": "Di nuovo"})
        assert (again.status, again.title) == (409, "The case is not open")
        assert read(full, case) == answer.body

    assert listed(full) == []
    assert listed(full, "resolved=true") == listed(full, "resolved=all") == OPEN


def test_what_waits_for_nobody_cannot_be_resolved(full: Office):
    """Applied, a copy, or not paid: it can be read, and that is all."""
    for case, kind in {"applied": "applied", "copy": "secondary", "refused": "not-paid"}.items():
        assert read(full, case)["kind"] == kind
        assert full.post(f"{WORKLIST}/{case}/resolve", NOTE).status == 409
        assert full.post(f"{WORKLIST}/{case}/rematch").status == 409
        assert "resolved" not in read(full, case)


@pytest.mark.parametrize(
    "told", [{}, {"note": ""}, {"note": "x" * 501}, {"note": "a\nb"}, {"note": 1}, {"by": "io"}, []]
)
def test_a_note_is_a_sentence(quick: Office, told: object):
    """One to five hundred characters that can be shown."""
    keep(quick)
    refused = quick.post(f"{WORKLIST}/r-90/resolve", told)

    assert (refused.status, refused.title) == (400, "BAD REQUEST")
    assert listed(quick) == ["r-90"]


NOWHERE = {
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


def test_what_is_not_there_is_not_found(office: Office):
    """By any operation, and by both databases alike."""
    keep(office)
    operations: list[tuple[str, str, object]] = [
        ("GET", "", None),
        ("GET", "/raw", None),
        ("POST", "/resolve", NOTE),
        ("POST", "/rematch", {}),
    ]

    for method, suffix, told in operations:
        asked = {case: f"{WORKLIST}/{case}{suffix}" for case in NOWHERE}
        assert {c: office.ask(method, path, told).status for c, path in asked.items()} == NOWHERE


@pytest.mark.parametrize(
    "query",
    ["kind=applied", "kind=", "resolved=yes", "nav=x", "nav=" + "1" * 31, "iuv=%00", "iuv=",
     "limit=51", "limit=0", "page=-1", "kinds=double"],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(quick: Office, query: str):
    """Never answered as if something else had been asked."""
    refused = quick.get(f"{WORKLIST}?{query}")

    assert (refused.status, refused.title) == (400, "BAD REQUEST")


def test_what_names_nobody_of_ours_is_on_a_list_of_its_own(office: Office):
    """With the organization that it names; on no other list."""
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


def test_each_organization_has_its_own_worklist(office: Office):
    """Though the receipts are called the same; one's decision is not the other's."""
    keep(office)
    theirs = message(91, "r-90", organization=OTHER, fiscalCode=OTHER)
    assert send(office, theirs) == "OK"
    other, there = office.key(Role.WRITER, OTHER), WORKLIST.replace(ORGANIZATION, OTHER)

    assert office.get(f"{there}/r-90/raw", key=other).body == theirs
    assert office.get(f"{WORKLIST}/r-90/raw").body == WAITING
    assert office.post(f"{there}/r-90/resolve", NOTE, key=other).status == 200
    assert listed(office) == ["r-90"]
    assert "resolved" not in read(office, case_id(CaseKey("r-90", 0)))
