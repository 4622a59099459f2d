"""GPD's receipts API: filters, time windows, pages, and the receipt's XML."""

from typing import Any

import pytest
from lxml import etree

from gpd_soap.soap.envelope import open_envelope
from gpd_soap.store.access.keys import Role
from tests.api.office import NOW, ORGANIZATION, BackOffice
from tests.api.paying import RECEIPTS, V1, V2, message, send
from tests.messages import build
from tests.validation.bodies import OTHER, body, iuv, nav, option

OPTIONAL_FIELDS: dict[str, Any] = {
    "paymentDateTime": "2026-03-16T09:58:31.125",
    "fee": "1.50",
    "pspFiscalCode": "0" * 11,
}


def debtor(code: str) -> str:
    """XML of a debtor with this fiscal code."""
    identifier = build.tags(entityUniqueIdentifierType="F", entityUniqueIdentifierValue=code)
    return build.tags(uniqueIdentifier=identifier, fullName="Maria Esempio")


def pay(office: BackOffice, serial: int, payment_time: str | None, **more: Any) -> None:
    """Send a receipt with this payment time."""
    sent = message(serial, f"r-{serial}", paymentDateTime=payment_time, **more)
    assert send(office, sent) == "OK"


def iuvs_of_query(office: BackOffice, query: str) -> list[str]:
    """IUVs that a query finds; fails if they do not fit on one page."""
    answer = office.get(f"{RECEIPTS}?{query}")
    assert answer.status == 200, answer.body
    assert answer.body["totalPages"] == 1
    assert answer.body["length"] == len(answer.body["results"])
    return [each["iuv"] for each in answer.body["results"]]


def iuvs(*serials: int) -> list[str]:
    """IUVs of these notices."""
    return [iuv(serial) for serial in serials]


@pytest.fixture
def full(office: BackOffice) -> BackOffice:
    """Five receipts without a position; the last one has no payment time."""
    pay(office, 1, "2025-12-16T09:59:59")
    pay(office, 2, "2025-12-16T10:00:00", debtor=debtor("RSSMRA00A01A000K"))
    pay(office, 3, "2026-03-01T00:00:00")
    pay(office, 4, "2026-03-15T23:59:59.5", noticeNumber="301" + nav(4)[3:])
    pay(office, 5, None)
    return office


def test_receipt_list_has_gpd_fields(office: BackOffice):
    """Times are Rome's."""
    office.create(body(option(1)), "?toPublish=true")
    assert send(office, message(1, **OPTIONAL_FIELDS)) == "OK"

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


def test_receipt_list_without_dates_covers_three_months_newest_first(full: BackOffice):
    """Without a payment time, the time of arrival counts."""
    assert iuvs_of_query(full, "") == [iuv(5), "01" + iuv(4)[2:], *iuvs(3, 2)]


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


def test_receipt_window_includes_both_ends(full: BackOffice):
    """With one end alone, the window covers three months."""
    answers = {window: iuvs_of_query(full, f"{window}&segregationCodes=47") for window in WINDOWS}

    assert answers == {window: iuvs(*serials) for window, serials in WINDOWS.items()}


def test_three_months_window_ends_on_the_last_day_of_a_shorter_month(quick: BackOffice):
    """From 30 November, three months end on 28 February."""
    pay(quick, 1, "2025-11-30T00:00:00")
    pay(quick, 2, "2026-02-28T23:59:59")
    pay(quick, 3, "2026-03-01T00:00:01")

    assert iuvs_of_query(quick, "from=2025-11-30T00:00:00") == iuvs(1)
    assert iuvs_of_query(quick, "from=2025-11-30T23:59:59") == iuvs(2)
    assert iuvs_of_query(quick, "to=2026-05-31") == iuvs(3)
    assert iuvs_of_query(quick, "to=2026-05-31T23:59:59") == iuvs(3, 2)


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


def test_receipt_filter_has_no_wildcards(full: BackOffice):
    """Percent, underscore, quote and backslash match themselves alone."""
    ever = "from=2020-01-01&to=2030-01-01"
    answers = {query: iuvs_of_query(full, f"{ever}&{query}") for query in FILTERS}

    assert answers == {query: iuvs(*serials) for query, serials in FILTERS.items()}


def test_receipt_pages_hold_every_receipt_once(office: BackOffice):
    """Receipts paid at one instant are no exception, and a page beyond the last is a 400."""
    for serial in range(7):
        pay(office, serial, "2026-03-16T09:00:00")
    pages = [office.get(f"{RECEIPTS}?pageNum={number}&pageSize=3") for number in range(4)]

    assert [each.status for each in pages] == [200, 200, 200, 400]
    assert pages[3].title == "Not enough elements"
    assert [each.body["totalPages"] for each in pages[:3]] == [3] * 3
    listed = [one["iuv"] for each in pages[:3] for one in each.body["results"]]
    assert sorted(listed) == sorted(iuvs(*range(7)))
    full_page = office.get(f"{RECEIPTS}?pageSize=7")
    assert [one["iuv"] for one in full_page.body["results"]] == listed


def test_empty_receipt_list_has_one_page(quick: BackOffice):
    """The second page is a 400."""
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
        ("debtorOrIuv=A%0A1", "BAD REQUEST"),
        ("service=" + "4" * 36, "BAD REQUEST"),
        ("debtor=A&debtor=B", "BAD REQUEST"),
        ("serviceType=GPD", "BAD REQUEST"),
    ],
)
def test_invalid_receipt_query_is_400(quick: BackOffice, query: str, title: str):
    """An invalid parameter is never ignored, and its value is not repeated."""
    refused = quick.get(f"{RECEIPTS}?{query}")

    assert (refused.status, refused.title) == (400, title)
    assert "RSSMRA" not in str(refused.body)


def test_receipt_list_holds_paid_receipts_of_every_status(office: BackOffice):
    """A receipt with outcome KO is not listed, since no money was taken."""
    office.create(body(option(1), option(2), iupd="P"), "?toPublish=true")
    assert send(office, message(1, "applied")) == "OK"
    assert send(office, message(1, "applied", description="Altro")) == "OK"
    assert send(office, message(2, "excluded")) == "OK"
    assert send(office, message(3, "unmatched")) == "OK"
    assert send(office, message(4, "copy", fiscalCode=OTHER)) == "OK"
    assert send(office, message(5, "refused", outcome="KO")) == "OK"

    assert sorted(iuvs_of_query(office, "")) == sorted(iuvs(1, 1, 2, 3, 4))
    assert office.get(f"{RECEIPTS}/{iuv(5)}").title == "Not found the receipt"


def canonical(document: bytes) -> bytes:
    """The document in canonical form."""
    return etree.tostring(etree.fromstring(document), method="c14n", exclusive=True)


def payload(sent: bytes, charset: str | None = None) -> bytes:
    """The first child of the SOAP body."""
    opened = open_envelope(sent, charset)
    assert isinstance(opened, etree._Element)
    return etree.tostring(opened)


@pytest.mark.parametrize("primitive", [V1, V2])
def test_receipt_is_read_as_the_xml_that_was_sent(office: BackOffice, primitive: str):
    """The answer is the whole request, with its own name and namespace."""
    office.create(query="?toPublish=true")
    sent = message(primitive=primitive, description="Città & <altro>", **OPTIONAL_FIELDS)
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
def test_receipt_sent_in_another_encoding_is_read_as_utf_8(
    quick: BackOffice, encoding: str, kind: str
):
    """The encoding may be declared in the Content-Type alone."""
    text = message(description="Città").decode().removeprefix(build.HEAD)
    dash = "\N{EN DASH}" if encoding == "windows-1252" else "-"
    sent = text.replace("PSP di Esempio", f"PSP {dash} Esempio").encode(encoding)
    assert send(quick, sent, kind) == "OK"

    read = quick.get(f"{RECEIPTS}/{iuv(1)}").body

    assert read.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert canonical(read) == canonical(payload(sent, encoding))
    assert f"PSP {dash} Esempio".encode() in read


def test_receipt_that_paid_is_read_before_others_of_the_iuv(office: BackOffice):
    """If none paid, the first stored receipt is read."""
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


def test_receipt_with_another_iuv_is_read_by_the_iuv_of_its_notice(office: BackOffice):
    """It is also found by the IUV that it names."""
    office.create(query="?toPublish=true")
    sent = message(1, creditorReferenceId=iuv(8))
    assert send(office, sent) == "OK"

    for number in (iuv(1), iuv(8)):
        assert canonical(office.get(f"{RECEIPTS}/{number}").body) == canonical(payload(sent))


@pytest.mark.parametrize(
    ("path", "status", "title"),
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
def test_unreadable_receipt_is_403_404_or_400(
    quick: BackOffice, path: str, status: int, title: str
):
    """Without the notice's code in segregationCodes a receipt is 403, existing or not."""
    pay(quick, 1, None)

    refused = quick.get(f"{RECEIPTS}/{path}")

    assert (refused.status, refused.title) == (status, title)
    assert quick.get(f"{RECEIPTS}/{iuv(1)}?segregationCodes=01,47").status == 200


def test_receipt_is_read_by_its_own_organization_alone(office: BackOffice):
    """Two organizations may have receipts of the same notice number."""
    assert send(office, message(1, organization=OTHER, fiscalCode=OTHER)) == "OK"
    other = office.key(Role.READER, OTHER)
    path = RECEIPTS.replace(ORGANIZATION, OTHER)

    assert iuvs_of_query(office, "") == []
    assert office.get(f"{RECEIPTS}/{iuv(1)}").status == 404
    assert office.get(path, key=other).body["length"] == 1
    assert office.get(f"{path}/{iuv(1)}", key=other).status == 200
