"""How an answer is judged."""

import pytest
from lxml import etree

from gpd_soap.contract.schema import Operation
from gpd_soap.simulator.judging import NoReply, Reply, Verdict, heard
from tests.messages import build
from tests.messages.build import tags, transfer
from tests.simulator.endpoints import (
    CONTRACT,
    DUE,
    GET,
    GET2,
    NO,
    OFFER,
    OK,
    SEND2,
    TAKEN,
    VERIFY,
    Said,
    payment,
    xml,
)

OPERATIONS = {each.name: each for each in CONTRACT.operations.values()}
WRONG = "http://example.invalid/another"


def judged(operation: str, said: Said):
    """What the Node makes of this answer."""
    reply = Reply(said.status, said.body, "utf-8")
    return heard(CONTRACT, OPERATIONS[operation], b"<sent/>", reply, 0.01)


def changed(operation: str, said: Said, old: str, new: str):
    """The verdict on a good answer in which something was replaced."""
    text = said.body.decode()
    assert old in text
    return judged(operation, xml(text.replace(old, new)))


@pytest.mark.parametrize(("operation", "said"), [(VERIFY, DUE), (GET2, OFFER), (SEND2, TAKEN)])
def test_a_good_answer_is_ok(operation: str, said: Said):
    """What keeps the contract and the Node's own rules is taken."""
    assert Verdict.OK is judged(operation, said).verdict


def test_a_refusal_says_all_that_it_carries():
    """Code, text and description of a typed KO are told."""
    no = judged(VERIFY, NO)

    assert Verdict.REFUSED is no.verdict
    assert no.detail == (
        "PAA_PAGAMENTO_DUPLICATO: Pagamento in attesa risulta concluso all'Ente Creditore."
        " - L'avviso risulta già pagato."
    )


def test_a_refusal_with_an_invented_code_is_a_refusal_all_the_same():
    """The Node does not check the institution's codes."""
    no = changed(VERIFY, NO, "PAA_PAGAMENTO_DUPLICATO", "PAA_CIAO")

    assert Verdict.REFUSED is no.verdict
    assert no.detail.startswith("PAA_CIAO")


BROKEN = {
    "HTTP 500": (VERIFY, xml(DUE.body.decode(), 500), "HTTP 500"),
    "a SOAP Fault": (
        VERIFY,
        xml(build.soap_fault("Client", "No."), 500),
        "HTTP 500, SOAP Fault soap11env:Client: No.",
    ),
    "a redirect": (VERIFY, Said(b"", 302), "HTTP 302"),
    "HTML": (VERIFY, xml("<html><body>Welcome</body></html>"), "not a SOAP envelope"),
    "nothing": (VERIFY, xml(""), "not well-formed XML"),
    "broken XML": (VERIFY, xml(DUE.body.decode()[:-20]), "not well-formed XML"),
    "an empty Body": (VERIFY, xml(build.envelope("")), "one Body with one element"),
    "another answer": (VERIFY, TAKEN, "paVerifyPaymentNoticeRes expected, found {"),
    "a KO without fault": (VERIFY, xml(build.answered(VERIFY, tags(outcome="KO"))), "a fault"),
    "an OK without data": (GET2, xml(build.answered(GET2, OK)), "an outcome OK carries data"),
    "an OK to verify alone": (VERIFY, xml(build.answered(VERIFY, OK)), "carries paymentList"),
    "a sum that is none": (
        GET2,
        xml(build.answered(GET2, payment(transfer(1, "60.98"), amount="60.99"))),
        "the transfers sum to the amount",
    ),
    "a transfer twice": (
        GET2,
        xml(build.answered(GET2, payment(transfer(1, "50.00"), transfer(1, "50.00")))),
        "transfers have distinct ids",
    ),
    "six transfers": (
        GET,
        xml(build.answered(GET, payment(*[transfer(1, "1.00")] * 6, amount="6.00"))),
        "transfer: unexpected",
    ),
    "no company in V2": (
        GET2,
        xml(build.answered(GET2, payment(companyName=None))),
        "debtor: unexpected, expected companyName",
    ),
}


@pytest.mark.parametrize(("operation", "said", "rule"), BROKEN.values(), ids=BROKEN)
def test_an_answer_that_the_node_would_not_take_is_told_with_its_rule(
    operation: str, said: Said, rule: str
):
    """The payer's PSP would be told of an error in the answer; the operator learns which."""
    verdict = judged(operation, said)

    assert Verdict.BROKEN is verdict.verdict
    assert rule in verdict.detail


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (">100.00<", ">100,00<", "amount: datatype"),
        (">100.00<", ">0.00<", "amount: minInclusive, expected 0.01"),
        (">EQ<", ">KK<", "options: enumeration"),
        (">2026-04-30<", ">30/04/2026<", "dueDate: "),
        (">false<", ">3<", "allCCP: datatype"),
        ("<outcome>", f'<outcome xmlns="{WRONG}">', ""),
        (build.NAMESPACE, WRONG, "expected, found {http://example.invalid/another}"),
    ],
)
def test_what_the_contract_forbids_is_told_by_element_and_rule(old: str, new: str, rule: str):
    """The rule names the element, so that it can be found in someone else's server."""
    verdict = changed(VERIFY, DUE, old, new)

    assert Verdict.BROKEN is verdict.verdict
    assert rule in verdict.detail


def test_no_answer_keeps_its_own_verdict():
    """Silence is judged by whoever listened."""
    none = NoReply(Verdict.TIMEOUT, "too late")

    assert Verdict.TIMEOUT is heard(CONTRACT, OPERATIONS[VERIFY], b"", none, 7.0).verdict


def test_every_operation_of_the_contract_can_be_judged():
    """No answer of the contract is without its model."""

    def root_only(operation: Operation) -> bytes:
        soap = "http://schemas.xmlsoap.org/soap/envelope/"
        envelope = etree.Element(f"{{{soap}}}Envelope")
        body = etree.SubElement(envelope, f"{{{soap}}}Body")
        answer = etree.SubElement(body, operation.response)
        etree.SubElement(answer, "outcome").text = "KO"
        return etree.tostring(envelope)

    for operation in OPERATIONS.values():
        none = heard(CONTRACT, operation, b"", Reply(200, root_only(operation)), 0.0)

        assert none.detail == "an outcome KO carries a fault"
