"""Every refusal of a notice has words for an operator."""

import pytest

from gpd_soap.console.story.from_exchanges import cause_of
from gpd_soap.console.story.moments import Cause
from gpd_soap.console.work.calls import rule_words
from gpd_soap.core import payable
from gpd_soap.core.faults import Refusal

REFUSALS = {name: each for name, each in vars(payable).items() if isinstance(each, Refusal)}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal_of_a_notice_has_its_cause_and_its_words(name: str):
    """A new rule of `core.payable` needs a cause in a notice's story, and words in the journal."""
    refusal = REFUSALS[name]

    assert cause_of(refusal.fault.code, refusal.rule) is not Cause.OTHER
    assert rule_words(refusal.rule) != refusal.rule
