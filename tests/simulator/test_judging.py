"""The judging of answers."""

import pytest
from lxml import etree

from gpd_soap.contract.schema import Operation
from gpd_soap.simulator.judging import NoReply, Reply, Verdict, judge_reply
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
    Scripted,
    payment,
    xml,
)

OPERATIONS = {each.name: each for each in CONTRACT.operations.values()}
WRONG = "http://example.invalid/another"


def judged(operation: str, scripted: Scripted):
    """Return the judged answer."""
    reply = Reply(scripted.status, scripted.body, "utf-8")
    return judge_reply(CONTRACT, OPERATIONS[operation], b"<sent/>", reply, 0.01)


def changed(operation: str, scripted: Scripted, old: str, new: str):
    """Return the judged answer after a replacement in a good one."""
    text = scripted.body.decode()
    assert old in text
    return judged(operation, xml(text.replace(old, new)))


@pytest.mark.parametrize(("operation", "scripted"), [(VERIFY, DUE), (GET2, OFFER), (SEND2, TAKEN)])
def test_valid_answer_is_ok(operation: str, scripted: Scripted):
    """It keeps the contract and the Node's own rules."""
    assert Verdict.OK is judged(operation, scripted).verdict


def test_detail_of_a_refusal_has_code_text_and_description():
    """All three come from the fault of the KO."""
    no = judged(VERIFY, NO)

    assert Verdict.REFUSED is no.verdict
    assert no.detail == (
        "PAA_PAGAMENTO_DUPLICATO: Pagamento in attesa risulta concluso all'Ente Creditore."
        " - L'avviso risulta già pagato."
    )


def test_refusal_with_an_invented_code_is_a_refusal():
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
    "a redirect": (VERIFY, Scripted(b"", 302), "HTTP 302"),
    "HTML": (VERIFY, xml("<html><body>Welcome</body></html>"), "not a SOAP envelope"),
    "nothing": (VERIFY, xml(""), "not well-formed XML"),
    "broken XML": (VERIFY, xml(DUE.body.decode()[:-20]), "not well-formed XML"),
    "an empty Body": (VERIFY, xml(build.envelope("")), "one Body with one element"),
    "another answer": (VERIFY, TAKEN, "paVerifyPaymentNoticeRes expected, found {"),
    "a KO without fault": (VERIFY, xml(build.soap_response(VERIFY, tags(outcome="KO"))), "a fault"),
    "an OK without data": (GET2, xml(build.soap_response(GET2, OK)), "an outcome OK carries data"),
    "an OK to verify alone": (VERIFY, xml(build.soap_response(VERIFY, OK)), "carries paymentList"),
    "a sum that is none": (
        GET2,
        xml(build.soap_response(GET2, payment(transfer(1, "60.98"), amount="60.99"))),
        "the transfers sum to the amount",
    ),
    "a transfer twice": (
        GET2,
        xml(build.soap_response(GET2, payment(transfer(1, "50.00"), transfer(1, "50.00")))),
        "transfers have distinct ids",
    ),
    "six transfers": (
        GET,
        xml(build.soap_response(GET, payment(*[transfer(1, "1.00")] * 6, amount="6.00"))),
        "transfer: unexpected",
    ),
    "no company in V2": (
        GET2,
        xml(build.soap_response(GET2, payment(companyName=None))),
        "debtor: unexpected, expected companyName",
    ),
}


@pytest.mark.parametrize(("operation", "scripted", "rule"), BROKEN.values(), ids=BROKEN)
def test_answer_that_the_node_rejects_is_broken_with_its_rule(
    operation: str, scripted: Scripted, rule: str
):
    """The detail names the rule, which the code for the PSP does not."""
    verdict = judged(operation, scripted)

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
def test_answer_that_breaks_the_contract_is_broken_by_element_and_rule(
    old: str, new: str, rule: str
):
    """The detail names the element, so that it can be corrected."""
    verdict = changed(VERIFY, DUE, old, new)

    assert Verdict.BROKEN is verdict.verdict
    assert rule in verdict.detail


def test_missing_answer_keeps_the_verdict_of_the_client():
    """The HTTP client has decided it."""
    none = NoReply(Verdict.TIMEOUT, "too late")

    assert Verdict.TIMEOUT is judge_reply(CONTRACT, OPERATIONS[VERIFY], b"", none, 7.0).verdict


def test_answer_of_each_operation_has_a_model():
    """Each answer of the contract can be judged."""

    def root_only(operation: Operation) -> bytes:
        soap = "http://schemas.xmlsoap.org/soap/envelope/"
        envelope = etree.Element(f"{{{soap}}}Envelope")
        body = etree.SubElement(envelope, f"{{{soap}}}Body")
        answer = etree.SubElement(body, operation.response)
        etree.SubElement(answer, "outcome").text = "KO"
        return etree.tostring(envelope)

    for operation in OPERATIONS.values():
        none = judge_reply(CONTRACT, operation, b"", Reply(200, root_only(operation)), 0.0)

        assert none.detail == "an outcome KO carries a fault"


@pytest.mark.parametrize("charset", ["utf-8", "UTF8"])
def test_charset_of_an_answer_wins_over_its_declaration(charset: str):
    """The Node reads the header first (RFC 7303, section 3.2)."""
    text = DUE.body.decode().replace('"UTF-8"', '"ISO-8859-1"').replace("Tributo 1", "Città")

    read = judge_reply(
        CONTRACT, OPERATIONS[VERIFY], b"<sent/>", Reply(200, text.encode(), charset), 0.01
    )

    assert read.answer is not None
    assert read.answer.paymentDescription == "Città"


def test_answer_in_an_unknown_charset_is_broken():
    """Nobody can read it."""
    reply = Reply(200, DUE.body, "klingon")

    read = judge_reply(CONTRACT, OPERATIONS[VERIFY], b"<sent/>", reply, 0.01)

    assert (read.verdict, read.detail) == (
        Verdict.BROKEN, "The charset of the Content-Type is not supported.",
    )  # fmt: skip


def test_answer_with_blanks_around_its_due_date_is_ok():
    """White space around a date is no part of it."""
    answer = changed(VERIFY, DUE, "<dueDate>2026-04-30<", "<dueDate>\n2026-04-30 <")

    assert Verdict.OK is answer.verdict
