"""Receipts of every status: by notice, by IUV, by receiptId; copies never pass for payments."""

from typing import Any

import pytest
from lxml import etree

from gpd_soap.store.access.keys import Role
from tests.api.office import ORGANIZATION, BackOffice
from tests.api.paying import RECEIPTS, WORKLIST, message, send
from tests.validation.bodies import OTHER, body, iuv, nav, option
from tests.world import STRANGER

STORED = f"/organizations/{ORGANIZATION}/receipts"
#: A copy for us of a receipt whose notice another organization issued, under an IUV of ours.
COPY = message(1, "copy", fiscalCode=STRANGER, paymentDateTime="2026-03-16T09:00:00")


def ids(office: BackOffice, query: str) -> list[tuple[str, str]]:
    """Return id and status of the receipts that a query finds."""
    answer = office.get(f"{STORED}?{query}")
    assert answer.status == 200, answer.body
    listed = [(each["id"], each["kind"]) for each in answer.body["receipts"]]
    assert answer.body["page_info"]["items_found"] == len(listed)
    return listed


def receipt_id(answer: Any) -> str | None:
    """Return the receiptId in the XML of an answer."""
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/xml"
    return etree.fromstring(answer.body).findtext("receipt/receiptId")


@pytest.fixture
def full(office: BackOffice) -> BackOffice:
    """Receipts of one notice of each status, in this order."""
    office.create(body(option(1)), "?toPublish=true")
    for sent in (
        message(1, "r-ko", outcome="KO"),
        COPY,
        message(1, "r-1"),
        message(1, "r-2"),
        message(1, "r-1", description="Altro"),
        message(1, "an id / of its own"),
    ):
        assert send(office, sent) == "OK"
        office.clock.now = office.clock.now.replace(second=office.clock.now.second + 1)
    return office


ALL_OF_NOTICE = [
    ("r-ko", "not-paid"),
    ("copy", "secondary"),
    ("r-1", "applied"),
    ("r-2", "double"),
    ("r-1.1", "conflicting"),
    ("~YW4gaWQgLyBvZiBpdHMgb3du", "double"),
]


def test_every_receipt_of_a_notice_is_listed(full: BackOffice):
    """The first received is the first."""
    assert ids(full, f"iuv={iuv(1)}") == ALL_OF_NOTICE
    assert ids(full, f"nav={nav(1)}") == ALL_OF_NOTICE
    assert ids(full, "receiptId=r-1") == [ALL_OF_NOTICE[2], ALL_OF_NOTICE[4]]
    assert ids(full, "receiptId=an id / of its own") == [ALL_OF_NOTICE[5]]
    assert ids(full, f"iuv={iuv(1)}&receiptId=r-2") == [ALL_OF_NOTICE[3]]
    assert ids(full, f"iuv={iuv(2)}") == ids(full, "receiptId=r_1") == []
    page = full.get(f"{STORED}?iuv={iuv(1)}&limit=2&page=1").body
    assert [each["id"] for each in page["receipts"]] == ["r-1", "r-2"]
    assert page["page_info"] == {"page": 1, "limit": 2, "items_found": 6, "total_pages": 3}


def test_long_receipt_id_is_found_by_itself(quick: BackOffice):
    """Its key is a digest."""
    assert send(quick, message(1, "x" * 300)) == "OK"

    [(case, kind)] = ids(quick, f"receiptId={'x' * 300}")

    assert kind == "unmatched"
    assert receipt_id(quick.get(f"{STORED}/{case}/xml")) == "x" * 300


def test_every_receipt_of_a_notice_is_read_as_json_and_xml(full: BackOffice):
    """The second receipt of a notice is no exception."""
    for case, kind in ALL_OF_NOTICE:
        read = full.get(f"{STORED}/{case}")
        assert (read.status, read.body["kind"]) == (200, kind)
        assert read.body == full.get(f"{WORKLIST}/{case}").body
        assert receipt_id(full.get(f"{STORED}/{case}/xml")) == read.body["receiptId"]


@pytest.mark.parametrize("case", ["r-9", "r-1.2", "~AA", "q." + "0" * 64])
def test_missing_receipt_is_404(full: BackOffice, case: str):
    """A message in quarantine is no receipt."""
    assert full.get(f"{STORED}/{case}").title == "Not found the case"
    assert full.get(f"{STORED}/{case}/xml").title == "Not found the case"


@pytest.mark.parametrize("query", ["?iuv=", "?nav=x", "?receiptId=%00", "?id=r-1"])
def test_list_of_receipts_with_a_wrong_filter_is_400(quick: BackOffice, query: str):
    """The list without a filter has the latest receipts."""
    assert quick.get(f"{STORED}{query}").title == "BAD REQUEST"


def test_copy_for_a_beneficiary_is_not_shown_as_payment_of_our_notice(office: BackOffice):
    """The issuer has used the IUV of a notice of ours, which is unpaid."""
    office.create(body(option(1)), "?toPublish=true")
    assert send(office, COPY) == "OK"

    assert office.get(RECEIPTS).body["results"] == []
    assert office.get(f"{RECEIPTS}?debtorOrIuv={iuv(1)}").body["results"] == []
    assert office.get(f"{RECEIPTS}/{iuv(1)}").title == "Not found the receipt"
    case = office.get(f"{STORED}/copy").body
    assert (case["kind"], case["iuv"]) == ("secondary", iuv(1))
    assert "notice" not in case

    assert send(office, message(1, "paying")) == "OK"

    assert len(office.get(RECEIPTS).body["results"]) == 1
    assert receipt_id(office.get(f"{RECEIPTS}/{iuv(1)}")) == "paying"


def test_receipt_with_the_id_of_another_payment_is_no_payment_of_the_notice_that_it_names(
    office: BackOffice,
):
    """One that conflicts with a receipt of the same notice is listed beside it."""
    office.create(body(option(1), option(2)), "?toPublish=true")
    for sent in (message(1, "r-1"), message(2, "r-1"), message(1, "r-1", description="Altro")):
        assert send(office, sent) == "OK"

    assert [each["iuv"] for each in office.get(RECEIPTS).body["results"]] == [iuv(1)] * 2
    assert receipt_id(office.get(f"{RECEIPTS}/{iuv(1)}")) == "r-1"
    assert office.get(f"{RECEIPTS}/{iuv(2)}").title == "Not found the receipt"
    assert ids(office, f"iuv={iuv(2)}") == [("r-1.1", "conflicting")]


def test_copy_that_conflicts_has_no_notice_of_ours(office: BackOffice):
    """The case on the worklist shows no notice that another organization did not mean."""
    office.create(body(option(1)), "?toPublish=true")
    assert send(office, COPY) == "OK"
    assert send(office, COPY.replace(b"Tributo", b"Altro")) == "OK"

    [case] = office.get(f"{WORKLIST}?kind=conflicting").body["worklist"]

    assert case["id"] == "copy.1"
    assert "notice" not in case


def test_copy_under_an_iuv_that_is_not_ours_is_listed_and_read(office: BackOffice):
    """It is a payment to us, of another's notice; a receipt of our own comes before it."""
    assert send(office, COPY) == "OK"
    assert [each["iuv"] for each in office.get(RECEIPTS).body["results"]] == [iuv(1)]
    assert receipt_id(office.get(f"{RECEIPTS}/{iuv(1)}")) == "copy"

    office.clock.now = office.clock.now.replace(hour=office.clock.now.hour + 1)
    assert send(office, message(1, "own")) == "OK"

    assert receipt_id(office.get(f"{RECEIPTS}/{iuv(1)}")) == "own"


def test_copy_is_judged_by_the_notices_of_its_own_organization(office: BackOffice):
    """A notice of that IUV at another organization changes nothing."""
    office.create(body(option(1)), "?toPublish=true")
    sent = message(1, "theirs", organization=OTHER, fiscalCode=ORGANIZATION)
    assert send(office, sent) == "OK"
    path = RECEIPTS.replace(ORGANIZATION, OTHER)
    key = office.key(Role.READER, OTHER)

    assert receipt_id(office.get(f"{path}/{iuv(1)}", key=key)) == "theirs"
