"""The latest receipts of an organization, with amount and PSP, page by page."""

from typing import Any
from urllib.parse import urlencode

import pytest

from gpd_soap.core.receipt import ReceiptStatus
from tests.api.office import ORGANIZATION, BackOffice
from tests.api.paying import keep, message, send
from tests.validation.bodies import body, nav, option

RECEIPTS = f"/organizations/{ORGANIZATION}/receipts"


@pytest.fixture
def full(office: BackOffice) -> BackOffice:
    """Returns a back office with receipts of several statuses and PSPs."""
    office.create(body(option(1)), "?toPublish=true")
    keep(office)
    for number in range(1, 5):
        psp = "PSPDIESEMPIO" if number % 2 else "ALTROPSP"
        assert send(office, message(1, f"r-{number}", idPSP=psp)) == "OK"
    return office


def latest(office: BackOffice, **query: str) -> list[dict[str, Any]]:
    """Returns all receipts of a list, read page by page."""
    receipts, cursor = list[dict[str, Any]](), dict[str, str]()
    for _ in range(40):
        answer = office.get(f"{RECEIPTS}?{urlencode({**query, **cursor})}")
        assert answer.status == 200, answer.body
        receipts += answer.body["receipts"]
        if "next_cursor" not in answer.body:
            return receipts
        cursor = {"cursor": answer.body["next_cursor"]}
    raise AssertionError("the list has no end")


@pytest.mark.parametrize("limit", ["1", "2", "50"])
def test_every_receipt_is_listed_once_the_last_received_first(full: BackOffice, limit: str):
    """Each has its amount and its PSP."""
    receipts = latest(full, limit=limit)

    ids = [receipt["id"] for receipt in receipts]
    assert len(set(ids)) == len(ids) > 4
    instants = [receipt["receivedDate"] for receipt in receipts]
    assert instants == sorted(instants, reverse=True)
    assert all(receipt["amount"] > 0 and receipt["pspCode"] for receipt in receipts)


def test_receipts_are_listed_by_status_psp_and_window(full: BackOffice):
    """Each filter leaves out the others."""
    receipts = latest(full)
    by_status = {status: latest(full, status=status) for status in ReceiptStatus}

    assert sum(map(len, by_status.values())) == len(receipts)
    for status, listed in by_status.items():
        assert {receipt["kind"] for receipt in listed} <= {status}
    psp = receipts[0]["pspCode"]
    assert latest(full, psp=psp) == [each for each in receipts if each["pspCode"] == psp]
    assert latest(full, psp="NESSUNO") == []
    assert latest(full, **{"from": "2020-01-01", "to": "2020-01-31"}) == []


@pytest.mark.parametrize(
    "query",
    [
        {"nav": nav(1), "psp": "ABI00000"},
        {"page": "1"},
        {"cursor": "x"},
        {"from": "2026-04-02", "to": "2026-04-01"},
        {"status": "PAID"},
    ],
)
def test_list_of_receipts_refuses_a_wrong_query(full: BackOffice, query: dict[str, str]):
    """A notice's receipts have numbered pages, the latest a cursor."""
    assert full.get(f"{RECEIPTS}?{urlencode(query)}").status == 400
