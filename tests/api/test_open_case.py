"""A case is opened on the receipt of a paid notice, and is then one of the worklist."""

import pytest

from gpd_soap.core.case_id import CaseCause
from gpd_soap.core.event import EventType
from gpd_soap.store.access.keys import Role
from gpd_soap.store.events.numbering import number
from tests.api.office import ORGANIZATION, BackOffice
from tests.api.paying import WORKLIST, listed, message, send
from tests.event_schema import findings

RECEIPTS = f"/organizations/{ORGANIZATION}/receipts"
BY_MISTAKE = {"cause": "paid-by-mistake", "note": "Ha pagato per il fratello"}


@pytest.fixture
def paid(office: BackOffice) -> BackOffice:
    """Returns a back office whose notice is paid."""
    office.create(query="?toPublish=true")
    assert send(office, message(1, "r-1")) == "OK"
    return office


@pytest.mark.parametrize("cause", CaseCause)
def test_case_is_opened_with_each_cause_and_is_on_the_worklist(paid: BackOffice, cause: CaseCause):
    """Who opened it and why is read with it, and the event has the cause alone."""
    opened = paid.post(f"{RECEIPTS}/r-1/case", {**BY_MISTAKE, "cause": cause})

    assert opened.status == 200, opened.body
    assert (opened.body["kind"], opened.body["reasons"]) == (
        "review",
        [f"opened by a person: {cause}"],
    )
    assert opened.body["opened"]["note"] == BY_MISTAKE["note"]
    assert opened.body["opened"]["by"]
    assert opened.body["notice"]["status"] == "PO_PAID"
    assert listed(paid, "kind=review") == ["r-1"]
    assert paid.status() == "PAID"
    number(paid.store, ORGANIZATION)
    items = paid.get(f"/organizations/{ORGANIZATION}/events").body["items"]
    [event] = [each for each in items if each["type"] == EventType.CASE_OPENED]
    assert findings(event) == []
    assert (event["data"]["case"], event["data"]["cause"]) == ("r-1", cause)
    assert BY_MISTAKE["note"] not in str(items)


def test_opened_case_is_resolved_as_any_other(paid: BackOffice):
    """A second case is refused until then, and after a refund."""
    assert paid.post(f"{RECEIPTS}/r-1/case", BY_MISTAKE).status == 200
    again = paid.post(f"{RECEIPTS}/r-1/case", BY_MISTAKE)
    assert (again.status, again.title) == (409, "No case can be opened")
    assert "has an open case" in again.body["detail"]
    note = {"note": "Restituito", "outcome": "refunded"}
    assert paid.post(f"{WORKLIST}/r-1/resolve", note).status == 200

    again = paid.post(f"{RECEIPTS}/r-1/case", BY_MISTAKE)
    assert (again.status, "is decided" in again.body["detail"]) == (409, True)


def test_receipt_that_brought_no_money_has_no_case(paid: BackOffice):
    """A failed payment, a receipt that is not there, and no key that only reads."""
    assert send(paid, message(2, "r-2", outcome="KO")) == "OK"
    refused = paid.post(f"{RECEIPTS}/r-2/case", BY_MISTAKE)
    assert (refused.status, "No money came" in refused.body["detail"]) == (409, True)
    assert paid.post(f"{RECEIPTS}/nothing/case", BY_MISTAKE).status == 404
    reader = paid.key(Role.READER, ORGANIZATION)
    assert paid.request("POST", f"{RECEIPTS}/r-1/case", BY_MISTAKE, reader).status == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "cause"),
        ({"cause": "lost"}, "cause"),
        ({"cause": "other"}, "note"),
        ({"cause": "other", "note": " "}, "note"),
        ({"cause": "paid-by-mistake", "note": "x" * 401}, "note"),
    ],
)
def test_wrong_field_is_named(paid: BackOffice, body: dict[str, str], field: str):
    """The error names the field, and nothing is opened."""
    answer = paid.post(f"{RECEIPTS}/r-1/case", body)

    assert (answer.status, [each["field"] for each in answer.body["errors"]]) == (400, [field])
    assert listed(paid) == []
