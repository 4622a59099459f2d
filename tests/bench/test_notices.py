"""The judge of the samples: a wrong answer under load is noticed."""

import pytest

from tests.bench import notices
from tests.messages.build import described, soap_response


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (described(1, "20.01"), None),
        (described(1, "20.02"), "paymentList/paymentOptionDescription/amount"),
        (described(2, "20.01"), "paymentDescription"),
        (described(1, "20.01").replace("OK", "KO"), "outcome"),
        (described(1, "20.010"), "contract"),
    ],
    ids=["right", "amount", "another notice", "refused", "contract broken"],
)
def test_wrong_answer_under_load_is_noticed(content: str, wrong: str | None):
    """A sample passes only if it is the answer to its own request."""
    answer = soap_response(notices.VERIFY, content).encode()

    judged = notices.wrong(notices.VERIFY, 1, answer)

    assert judged is None if wrong is None else wrong in (judged or "")
