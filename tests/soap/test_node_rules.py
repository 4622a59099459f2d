"""The rules of the Node that the schema does not have: what an OK must carry."""

from typing import Any

import pytest

from gpd_soap.soap import models
from gpd_soap.soap.node_rules import broken_rule

#: SPEC: Messages, rule 6, and an invented value of each member.
MEMBERS = {
    "paymentList": ["a payment option"],
    "paymentDescription": "Tributo",
    "fiscalCodePA": "77777777777",
    "companyName": "Comune di Esempio",
}
ANSWERS = [models.PaVerifyPaymentNoticeRes, models.PaDemandPaymentNoticeResponse]


@pytest.mark.parametrize("model", ANSWERS)
@pytest.mark.parametrize("missing", MEMBERS)
@pytest.mark.parametrize("value", [None, ""])
def test_ok_without_a_member_breaks_the_rule_of_that_member(
    model: Any, missing: str, value: str | None
):
    """The schema accepts an answer without some of them, and the Node does not."""
    complete, lacking = (
        model(outcome="OK", **{**MEMBERS, **changes}) for changes in ({}, {missing: value})
    )

    assert broken_rule(complete) is None
    assert broken_rule(lacking) == f"an outcome OK carries {missing}"
