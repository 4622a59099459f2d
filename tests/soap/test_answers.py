"""No answer leaves that the Node would not take, however often it is given."""

import pytest

from gpd_soap.contract.schema import Schema
from gpd_soap.soap import models
from gpd_soap.soap.protocol import REMEMBERED, BrokenAnswer, NodeProtocol

OPERATION = "paSendRTV2"


@pytest.fixture
def protocol() -> NodeProtocol:
    """A protocol that checks what it says."""
    return NodeProtocol(Schema(), check_answers=True)


def test_a_short_answer_that_is_wrong_is_found_each_time(protocol: NodeProtocol):
    """What is remembered is that an answer was right, by all of its bytes."""
    right, wrong = (models.PaSendRTV2Response(outcome=outcome) for outcome in ("OK", "KO"))

    for _ in range(3):
        assert b"<outcome>OK</outcome>" in protocol.serialize_answer(right, OPERATION)
        with pytest.raises(BrokenAnswer, match="an outcome KO carries a fault"):
            protocol.serialize_answer(wrong, OPERATION)


def test_more_answers_than_are_remembered_are_checked_all_the_same(protocol: NodeProtocol):
    """A memory that is full takes no more, and lets nothing pass."""
    protocol._right = {b"%d" % number for number in range(REMEMBERED)}

    test_a_short_answer_that_is_wrong_is_found_each_time(protocol)

    assert len(protocol._right) == REMEMBERED
