"""A case is closed with an outcome from a closed list, and is found by it."""

import pytest

from gpd_soap.core.case_id import CaseOutcome
from gpd_soap.core.event import EventType
from gpd_soap.store.events.numbering import number
from tests.api.office import ORGANIZATION, BackOffice
from tests.api.paying import WORKLIST, keep, message, quarantined, send
from tests.event_schema import findings
from tests.validation.bodies import nav

NOTE = {"note": "Restituito con mandato 12"}


@pytest.fixture
def full(office: BackOffice) -> BackOffice:
    """Returns a back office with cases of every kind."""
    office.create()
    keep(office)
    return office


def cases(office: BackOffice, query: str) -> list[str]:
    """Returns the ids of the listed cases."""
    answer = office.get(f"{WORKLIST}?{query}")
    assert answer.status == 200, answer.body
    return [case["id"] for case in answer.body["worklist"]]


def decided(office: BackOffice) -> list[tuple[str, str | None]]:
    """Returns the case and the outcome of each event that says that a case was closed."""
    number(office.store, ORGANIZATION)
    items = office.get(f"/organizations/{ORGANIZATION}/events").body["items"]
    closed = [each for each in items if each["type"] == EventType.CASE_RESOLVED]
    assert [finding for each in closed for finding in findings(each)] == []
    return [(each["data"]["case"], each["data"].get("outcome")) for each in closed]


@pytest.mark.parametrize("outcome", CaseOutcome)
def test_case_is_closed_with_each_outcome_and_found_by_it(full: BackOffice, outcome: CaseOutcome):
    """The note stays beside it."""
    closed = full.post(f"{WORKLIST}/r-90/resolve", {**NOTE, "outcome": outcome})

    assert closed.status == 200
    assert closed.body["resolved"]["outcome"] == outcome
    assert closed.body["resolved"]["note"] == NOTE["note"]
    assert cases(full, f"outcome={outcome}") == ["r-90"]
    others = [each for each in CaseOutcome if each is not outcome]
    assert cases(full, f"outcome={others[0]}&resolved=all") == []
    assert decided(full) == [("r-90", outcome)]


def test_case_may_be_closed_without_an_outcome(full: BackOffice):
    """Callers of an older version know no outcome."""
    closed = full.post(f"{WORKLIST}/r-90/resolve", NOTE)

    assert closed.status == 200
    assert "outcome" not in closed.body["resolved"]
    assert decided(full) == [("r-90", None)]
    assert cases(full, "resolved=true") == ["r-90"]


def test_outcome_that_is_not_of_the_list_is_refused(full: BackOffice):
    """The case stays open."""
    answer = full.post(f"{WORKLIST}/r-90/resolve", {**NOTE, "outcome": "lost"})

    assert (answer.status, answer.body["errors"][0]["field"]) == (400, "outcome")
    assert full.get(f"{WORKLIST}?outcome=lost").status == 400
    assert "r-90" in cases(full, "")


def test_quarantined_message_is_closed_with_an_outcome(full: BackOffice):
    """It has its own table."""
    broken = message(6, "broken", outcome=None)
    assert send(full, broken) == "PAA_SINTASSI_XSD"
    case = quarantined(broken)
    assert full.post(f"{WORKLIST}/{case}/resolve", {**NOTE, "outcome": "not-ours"}).status == 200

    assert cases(full, "outcome=not-ours") == [case]
    assert decided(full) == [(case, "not-ours")]


def test_receipt_that_a_person_credits_has_that_outcome(full: BackOffice):
    """The person names the notice that it pays."""
    matched = full.post(f"{WORKLIST}/r-90/rematch", {"nav": nav(1)})

    assert matched.status == 200, matched.body
    assert matched.body["resolved"]["outcome"] == "credited"
    assert decided(full) == [("r-90", "credited")]
