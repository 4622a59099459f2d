"""An answer that the Node would reject is not sent, however often it is given."""

import pytest

from gpd_soap.contract.schema import Schema
from gpd_soap.soap import models
from gpd_soap.soap.protocol import REMEMBERED, BrokenAnswer, NodeProtocol

OPERATION = "paSendRTV2"


@pytest.fixture
def protocol() -> NodeProtocol:
    """A protocol that checks its answers."""
    return NodeProtocol(Schema(), check_answers=True)


def test_short_invalid_answer_is_refused_each_time(protocol: NodeProtocol):
    """Only valid answers are remembered, by all of their bytes."""
    valid, invalid = (models.PaSendRTV2Response(outcome=outcome) for outcome in ("OK", "KO"))

    for _ in range(3):
        assert b"<outcome>OK</outcome>" in protocol.serialize_answer(valid, OPERATION)
        with pytest.raises(BrokenAnswer, match="an outcome KO carries a fault"):
            protocol.serialize_answer(invalid, OPERATION)


def test_answer_beyond_the_remembered_ones_is_checked(protocol: NodeProtocol):
    """A full memory takes no more answers, and each new one is checked."""
    protocol._valid = {b"%d" % number for number in range(REMEMBERED)}

    test_short_invalid_answer_is_refused_each_time(protocol)

    assert len(protocol._valid) == REMEMBERED
