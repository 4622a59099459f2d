"""Money that a person has used otherwise pays no notice that arrives later (Receipts, rule 19)."""

import pytest

from gpd_soap.core.case_id import SPENT, CaseOutcome
from tests.api.office import BackOffice
from tests.api.paying import WORKLIST, message, send

NOTE = "Deciso al telefono"


@pytest.mark.parametrize("outcome", SPENT)
def test_position_that_arrives_after_its_receipt_was_spent_is_payable(
    office: BackOffice, outcome: CaseOutcome
):
    """The receipt stays closed as it is, and the payer can pay the notice."""
    assert send(office, message(1, "r-1")) == "OK"
    resolution = {"note": NOTE, "outcome": outcome}
    assert office.post(f"{WORKLIST}/r-1/resolve", resolution).status == 200

    office.create(query="?toPublish=true")

    case = office.get(f"{WORKLIST}/r-1").body
    assert (office.status(), case["kind"]) == ("VALID", "unmatched")
    assert case["resolved"]["outcome"] == outcome
    assert send(office, message(1, "r-2")) == "OK"
    assert office.status() == "PAID"
    assert office.get(f"{WORKLIST}/r-2").body["kind"] == "applied"


@pytest.mark.parametrize("outcome", [CaseOutcome.RIGHT, None])
def test_position_that_arrives_after_its_receipt_was_only_closed_is_paid(
    office: BackOffice, outcome: CaseOutcome | None
):
    """Nothing says that the money went elsewhere."""
    assert send(office, message(1, "r-1")) == "OK"
    resolution = {"note": NOTE} if outcome is None else {"note": NOTE, "outcome": outcome}
    assert office.post(f"{WORKLIST}/r-1/resolve", resolution).status == 200

    office.create(query="?toPublish=true")

    assert office.status() == "PAID"
