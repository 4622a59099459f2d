"""GPD's receipts: every filter with its edges, every window, every page, the Node's own words."""

from typing import Any

import pytest
from lxml import etree

from gpd_soap.soap.envelope import open_envelope
from gpd_soap.store.access.keys import Role
from tests.api.office import NOW, ORGANIZATION, Office
from tests.api.paying import RECEIPTS, V1, V2, message, send
from tests.messages import build
from tests.validation.bodies import OTHER, body, iuv, nav, option

FULL: dict[str, Any] = {
    "paymentDateTime": "2026-03-16T09:58:31.125",
    "fee": "1.50",
    "pspFiscalCode": "0" * 11,
}


def debtor(code: str) -> str:
    """A debtor of this code."""
    identifier = build.tags(entityUniqueIdentifierType="F", entityUniqueIdentifierValue=code)
    return build.tags(uniqueIdentifier=identifier, fullName="Maria Esempio")


def pay(office: Office, serial: int, when: str | None, **more: Any) -> None:
    """Let a receipt come that says when it was paid."""
    sent = message(serial, f"r-{serial}", paymentDateTime=when, **more)
    assert send(office, sent) == "OK"


def found(office: Office, query: str) -> list[str]:
    """The IUVs that a query finds, which are all on one page."""
    answer = office.get(f"{RECEIPTS}?{query}")
    assert answer.status == 200, answer.body
    assert answer.body["totalPages"] == 1
    assert answer.body["length"] == len(answer.body["results"])
    return [each["iuv"] for each in answer.body["results"]]


def iuvs(*serials: int) -> list[str]:
    """The IUVs of these notices."""
    return [iuv(serial) for serial in serials]


@pytest.fixture
def full(office: Office) -> Office:
    """Five receipts, of notices that no position has; the last does not say when it was paid."""
    pay(office, 1, "2025-12-16T09:59:59")
    pay(office, 2, "2025-12-16T10:00:00", debtor=debtor("RSSMRA00A01A000K"))
    pay(office, 3, "2026-03-01T00:00:00")
    pay(office, 4, "2026-03-15T23:59:59.5", noticeNumber="301" + nav(4)[3:])
    pay(office, 5, None)
    return office


def test_a_receipt_is_listed_as_gpd_lists_it(office: Office):
    """Its names, its words, and Rome's clock."""
    office.create(body(option(1)), "?toPublish=true")
    assert send(office, message(1, **FULL)) == "OK"

    listed = [
        {
            "organizationFiscalCode": ORGANIZATION,
            "iuv": iuv(1),
            "debtor": "RSSMRA00A01A000A",
            "paymentDateTime": "2026-03-16T09:58:31.125000",
            "status": "PAID",
        }
    ]
    assert office.get(RECEIPTS).body == {
        "currentPageNumber": 0,
        "length": 1,
        "totalPages": 1,
        "results": listed,
        "receipts_list": listed,
    }


def test_without_dates_the_last_three_months_are_listed(full: Office):
    """To the second, by when it was paid, or came where that is not said; the latest first."""
    assert found(full, "") == [iuv(5), "01" + iuv(4)[2:], *iuvs(3, 2)]


WINDOWS = {
    "from=2025-12-16": [3, 2, 1],
    "from=2025-12-17": [5, 3],
    "from=2025-12-15T10:00:00": [3, 2, 1],
    "from=2025-12-16T10:00:00": [5, 3, 2],
    "from=2025-12-16T10:00:00.000001": [5, 3],
    "to=2026-03-01": [3, 2, 1],
    "to=2026-03-01T00:00:00": [3, 2, 1],
    "to=2026-02-28": [2, 1],
    "to=2026-03-16T09:59:59": [3, 2, 1],
    "to=2026-03-16T10:00:00": [5, 3, 2],
    "from=2026-03-01&to=2026-03-01": [3],
    "from=2025-12-16T09:59:59&to=2025-12-16T09:59:59": [1],
    "from=2020-01-01&to=2030-01-01": [5, 3, 2, 1],
    "from=2025-12-16T08:59:59Z&to=2025-12-16T08:59:59%2B00:00": [1],
    "from=2026-03-17": [],
}


def test_a_window_includes_both_its_ends(full: Office):
    """Of one end alone, three months follow, or come before."""
    answers = {window: found(full, f"{window}&segregationCodes=47") for window in WINDOWS}

    assert answers == {window: iuvs(*serials) for window, serials in WINDOWS.items()}


def test_three_months_end_where_their_month_does(quick: Office):
    """There is no 31 February."""
    pay(quick, 1, "2025-11-30T00:00:00")
    pay(quick, 2, "2026-02-28T23:59:59")
    pay(quick, 3, "2026-03-01T00:00:01")

    assert found(quick, "from=2025-11-30T00:00:00") == iuvs(1)
    assert found(quick, "from=2025-11-30T23:59:59") == iuvs(2)
    assert found(quick, "to=2026-05-31") == iuvs(3)
    assert found(quick, "to=2026-05-31T23:59:59") == iuvs(3, 2)


FILTERS = {
    "debtor=RSSMRA00A01A000K&segregationCodes=47": [2],
    "debtor=RSSMRA00A01A000&segregationCodes=47": [],
    "debtor=rssmra00a01a000k&segregationCodes=47": [],
    f"service={iuv(3)[:14]}&segregationCodes=47": [5, 3, 2, 1],
    f"service={iuv(3)}&segregationCodes=47": [3],
    "service=4%25&segregationCodes=47": [],
    "debtorOrIuv=RSSMRA00A01A000&segregationCodes=47": [5, 3, 2, 1],
    "debtorOrIuv=RSSMRA00A01A000K&segregationCodes=47": [2],
    "debtorOrIuv=rss&segregationCodes=47": [],
    f"debtorOrIuv={iuv(1)}&segregationCodes=47": [1],
    "debtorOrIuv=%25&segregationCodes=47": [],
    "debtorOrIuv=_&segregationCodes=47": [],
    "debtorOrIuv=' or '1'='1&segregationCodes=47": [],
    "debtorOrIuv=\\&segregationCodes=47": [],
    "debtor=%25' or 1=1--&segregationCodes=47": [],
    "segregationCodes=48,49": [],
    "segregationCodes=48,47": [5, 3, 2, 1],
    f"debtor=RSSMRA00A01A000K&service={iuv(3)}&segregationCodes=47": [],
}


def test_a_filter_means_what_it_says(full: Office):
    """Nothing in it is a wildcard, and no quote ends it."""
    ever = "from=2020-01-01&to=2030-01-01"
    answers = {query: found(full, f"{ever}&{query}") for query in FILTERS}

    assert answers == {query: iuvs(*serials) for query, serials in FILTERS.items()}


def test_the_pages_hold_every_receipt_once(office: Office):
    """Also where all of them were paid at one instant; beyond the last there is none."""
    for serial in range(7):
        pay(office, serial, "2026-03-16T09:00:00")
    pages = [office.get(f"{RECEIPTS}?pageNum={at}&pageSize=3") for at in range(4)]

    assert [each.status for each in pages] == [200, 200, 200, 400]
    assert pages[3].title == "Not enough elements"
    assert [each.body["totalPages"] for each in pages[:3]] == [3] * 3
    seen = [one["iuv"] for each in pages[:3] for one in each.body["results"]]
    assert sorted(seen) == sorted(iuvs(*range(7)))
    full_page = office.get(f"{RECEIPTS}?pageSize=7")
    assert [one["iuv"] for one in full_page.body["results"]] == seen


def test_of_nothing_there_is_one_page(quick: Office):
    """And it is empty."""
    assert quick.get(RECEIPTS).body == {
        "currentPageNumber": 0, "length": 0, "totalPages": 1, "results": [], "receipts_list": [],
    }  # fmt: skip
    assert quick.get(f"{RECEIPTS}?pageNum=1").title == "Not enough elements"


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("from=2026-03-02&to=2026-03-01", "Invalid date range"),
        ("from=01/03/2026", "Invalid date range"),
        ("to=2026-02-30", "Invalid date range"),
        ("from=0001-01-01", "Invalid date range"),
        ("to=9999-12-31", "Invalid date range"),
        ("from=", "Invalid date range"),
        ("from=" + "9" * 4000, "Invalid date range"),
        ("from=RSSMRA00A01A000K", "Invalid date range"),
        ("pageNum=-1", "BAD REQUEST"),
        ("pageNum=1.5", "BAD REQUEST"),
        ("pageSize=0", "BAD REQUEST"),
        ("pageSize=101", "BAD REQUEST"),
        ("segregationCodes=4", "BAD REQUEST"),
        ("segregationCodes=47,", "BAD REQUEST"),
        ("segregationCodes=47%0A", "BAD REQUEST"),
        ("segregationCodes=%D9%A4%D9%A7", "BAD REQUEST"),
        ("debtor=", "BAD REQUEST"),
        ("debtor=%00", "BAD REQUEST"),
        ("debtorOrIuv=%0A1", "BAD REQUEST"),
        ("service=" + "4" * 36, "BAD REQUEST"),
        ("debtor=A&debtor=B", "BAD REQUEST"),
        ("serviceType=GPD", "BAD REQUEST"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(quick: Office, query: str, title: str):
    """Never answered as if something else had been asked; what was sent is not repeated."""
    refused = quick.get(f"{RECEIPTS}?{query}")

    assert (refused.status, refused.title) == (400, title)
    assert "RSSMRA" not in str(refused.body)


def test_only_receipts_of_payments_are_listed(office: Office):
    """However they are kept: the money was taken.  What was not paid has no receipt."""
    office.create(body(option(1), option(2), iupd="P"), "?toPublish=true")
    assert send(office, message(1, "applied")) == "OK"
    assert send(office, message(1, "applied", description="Altro")) == "OK"
    assert send(office, message(2, "excluded")) == "OK"
    assert send(office, message(3, "unmatched")) == "OK"
    assert send(office, message(4, "copy", fiscalCode=OTHER)) == "OK"
    assert send(office, message(5, "refused", outcome="KO")) == "OK"

    assert sorted(found(office, "")) == sorted(iuvs(1, 1, 2, 3, 4))
    assert office.get(f"{RECEIPTS}/{iuv(5)}").title == "Not found the receipt"


def canonical(document: bytes) -> bytes:
    """A document without what no one could see."""
    return etree.tostring(etree.fromstring(document), method="c14n", exclusive=True)


def payload(sent: bytes, charset: str | None = None) -> bytes:
    """What is in an envelope."""
    opened = open_envelope(sent, charset)
    assert isinstance(opened, etree._Element)
    return etree.tostring(opened)


@pytest.mark.parametrize("primitive", [V1, V2])
def test_a_receipt_is_read_as_it_was_sent(office: Office, primitive: str):
    """The whole request, under its own name and in its own namespace."""
    office.create(query="?toPublish=true")
    sent = message(primitive=primitive, description="Città & <altro>", **FULL)
    assert send(office, sent) == "OK"

    answer = office.get(f"{RECEIPTS}/{iuv(1)}")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/xml"
    assert canonical(answer.body) == canonical(payload(sent))
    root = etree.fromstring(answer.body).tag
    assert root == f"{{{build.NAMESPACE}}}{build.ROOTS[primitive][0]}"


@pytest.mark.parametrize(
    ("encoding", "kind"),
    [
        ("utf-16", "text/xml"),
        ("iso-8859-1", "text/xml; charset=ISO-8859-1"),
        ("windows-1252", 'text/xml; charset="windows-1252"'),
    ],
)
def test_a_receipt_is_read_whatever_encoding_it_came_in(quick: Office, encoding: str, kind: str):
    """Also where the transport alone said which."""
    said = message(description="Città").decode().removeprefix(build.HEAD)
    dash = "\N{EN DASH}" if encoding == "windows-1252" else "-"
    sent = said.replace("PSP di Esempio", f"PSP {dash} Esempio").encode(encoding)
    assert send(quick, sent, kind) == "OK"

    read = quick.get(f"{RECEIPTS}/{iuv(1)}").body

    assert read.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert canonical(read) == canonical(payload(sent, encoding))
    assert f"PSP {dash} Esempio".encode() in read


def test_of_several_receipts_the_one_that_paid_is_read(office: Office):
    """Else the one that was kept first."""
    unpaid = [message(1, "z-first"), message(1, "a-second")]
    for sent in unpaid:
        assert send(office, sent) == "OK"
        office.clock.now = office.clock.now.replace(minute=office.clock.now.minute + 1)
    assert canonical(office.get(f"{RECEIPTS}/{iuv(1)}").body) == canonical(payload(unpaid[0]))

    office.clock.now = NOW
    office.create(body(option(2)), "?toPublish=true")
    paying = message(2, "m-paying")
    for sent in (message(7, "a-before", creditorReferenceId=iuv(2)), paying,
                 message(2, "b-after"), message(2, "m-paying", description="Altro")):  # fmt: skip
        assert send(office, sent) == "OK"
    assert canonical(office.get(f"{RECEIPTS}/{iuv(2)}").body) == canonical(payload(paying))


def test_the_receipt_that_paid_a_notice_is_found_by_the_notices_iuv(office: Office):
    """Also where it names another, by which it is found too."""
    office.create(query="?toPublish=true")
    sent = message(1, creditorReferenceId=iuv(8))
    assert send(office, sent) == "OK"

    for number in (iuv(1), iuv(8)):
        assert canonical(office.get(f"{RECEIPTS}/{number}").body) == canonical(payload(sent))


@pytest.mark.parametrize(
    ("where", "status", "title"),
    [
        (f"{iuv(1)}?segregationCodes=01,02", 403, "The receipt retrieve is forbidden"),
        (f"{iuv(9)}?segregationCodes=01", 403, "The receipt retrieve is forbidden"),
        (f"{iuv(9)}?segregationCodes=01,47", 404, "Not found the receipt"),
        (f"{iuv(1)[:-1]}_", 404, "Not found the receipt"),
        ("%25", 404, "Not found the receipt"),
        ("4", 404, "Not found the receipt"),
        ("%00", 400, "BAD REQUEST"),
        (f"{iuv(1)}?segregationCodes=x", 400, "BAD REQUEST"),
        ("4" * 36, 400, "BAD REQUEST"),
    ],
)
def test_a_receipt_that_may_not_be_read_is_refused(
    quick: Office, where: str, status: int, title: str
):
    """Whether it is there or not."""
    pay(quick, 1, None)

    refused = quick.get(f"{RECEIPTS}/{where}")

    assert (refused.status, refused.title) == (status, title)
    assert quick.get(f"{RECEIPTS}/{iuv(1)}?segregationCodes=01,47").status == 200


def test_each_organization_has_its_own_receipts(office: Office):
    """Though they name the same notices."""
    assert send(office, message(1, organization=OTHER, fiscalCode=OTHER)) == "OK"
    other = office.key(Role.READER, OTHER)
    there = RECEIPTS.replace(ORGANIZATION, OTHER)

    assert found(office, "") == []
    assert office.get(f"{RECEIPTS}/{iuv(1)}").status == 404
    assert office.get(there, key=other).body["length"] == 1
    assert office.get(f"{there}/{iuv(1)}", key=other).status == 200
