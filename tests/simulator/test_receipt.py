"""The receipt that is built from an answer, in zeep's words and under the contract."""

import base64
from datetime import UTC, datetime

import pytest
from lxml import etree

from gpd_soap.simulator.caller import Caller
from gpd_soap.simulator.http import HttpClient
from gpd_soap.simulator.judging import NoReply, Reply, Verdict
from gpd_soap.simulator.request import Payment
from gpd_soap.simulator.scenarios import Step, pay
from gpd_soap.soap.envelope import open_envelope
from tests import world
from tests.messages import build
from tests.messages.build import metadata, tags, transfer
from tests.simulator.endpoints import (
    CONTRACT,
    DUE,
    GET,
    GET2,
    GOOD,
    NAV,
    PARTY,
    SEND,
    SEND2,
    VERIFY,
    Said,
    payment,
    xml,
)

WHEN = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)  # already the second of July in Rome
MDB = "{http://www.agenziaentrate.gov.it/2014/MarcaDaBollo}"


class Recorder(HttpClient):
    """A line to nowhere that answers from a script and keeps what was said."""

    def __init__(self, answers: dict[str, Said]) -> None:
        """Answer so, by SOAPAction."""
        self.url, self.answers = "http://nowhere.invalid/", answers
        self.sent: dict[str, bytes] = {}

    def post(self, body: bytes, action: str | None, seconds: float) -> Reply | NoReply:
        """Keep it, and answer."""
        assert action is not None
        self.sent[action] = body
        return Reply(200, self.answers[action].body)


def paid(data: str, *, v2: bool = True) -> tuple[list[Step], etree._Element]:
    """The steps of a payment of this data, and the receipt that was sent."""
    get, send = (GET2, SEND2) if v2 else (GET, SEND)
    line = Recorder({**GOOD, VERIFY: DUE, get: xml(build.answered(get, data))})
    steps = list(pay(Caller(line, CONTRACT), PARTY, NAV, Payment("c0ffee", WHEN, v2)))
    payload = open_envelope(line.sent[send])
    assert isinstance(payload, etree._Element)
    [receipt] = payload.iterchildren("receipt")
    return steps, receipt


STAMP = tags(hashDocumento=world.HASH, tipoBollo="01", provinciaResidenza="RM")
FIVE = [transfer(n, "20.00", entries={"CHIAVE": f"{n} è «sì»"}) for n in range(1, 6)]
FULL = tags(
    uniqueIdentifier=tags(entityUniqueIdentifierType="G", entityUniqueIdentifierValue="ANONIMO"),
    fullName="Società Perché No & Figli d'Aosta",
    streetName="Via dell'Università",
    civicNumber="1/A",
    postalCode="00100",
    city="Forlì",
    stateProvinceRegion="FC",
    country="IT",
    **{"e-mail": "nessuno@esempio.invalid"},
)
EVERYTHING: dict[str, str | None] = {
    "officeName": "Ufficio Tributi",
    "debtor": FULL,
    "retentionDate": "2026-05-10T23:59:59",
    "lastPayment": "true",
    "metadata": metadata(A="è", B="a <&> b"),
}

BOTH = {
    "the least": payment(),
    "five transfers": payment(*FIVE),
    "five and everything": payment(*FIVE, **EVERYTHING),
    "another beneficiary": payment(transfer(1, "100.00", organization=world.OTHER)),
    "leading zeros": payment(transfer(1, "0100.00")),
}
SECOND = {
    "a stamp": payment(transfer(1, "84.00"), transfer(2, "16.00", None, stamp=STAMP)),
    "stamps alone": payment(
        *[transfer(n, "16.00", None, stamp=STAMP) for n in range(1, 6)], amount="80.00"
    ),
    "companies": payment(transfer(1, "100.00", company="Comune & Figli")),
}


@pytest.mark.parametrize("data", [*BOTH.values(), *SECOND.values()], ids=[*BOTH, *SECOND])
def test_a_receipt_of_the_second_form_keeps_the_contract(data: str):
    """Whatever a valid answer holds, its receipt is valid."""
    steps, receipt = paid(data)

    assert all(step.good for step in steps)
    assert CONTRACT.check(receipt.getparent()) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data", [*BOTH.values(), payment(companyName=None)], ids=[*BOTH, "no company"]
)
def test_a_receipt_of_the_first_form_keeps_the_contract(data: str):
    """Also where the answer does not name the company, which the receipt must."""
    steps, receipt = paid(data, v2=False)

    assert all(step.good for step in steps)
    assert CONTRACT.check(receipt.getparent()) is None  # type: ignore[arg-type]
    assert receipt.findtext("companyName") == "Comune di Esempio"


def test_a_receipt_says_what_was_offered_and_how_it_was_paid():
    """Debtor, transfers and metadata come back as they were; the rest is the payment's."""
    _, receipt = paid(payment(*FIVE, **EVERYTHING))
    said = {child.tag: child.text for child in receipt}

    assert said["receiptId"] == "c0ffee"
    assert (NAV, NAV[1:]) == (said["noticeNumber"], said["creditorReferenceId"])
    assert said["fee"] == "1.50"
    assert said["paymentAmount"] == "100.00"
    assert said["paymentDateTime"] == "2026-07-02T00:30:00"
    assert said["applicationDate"] == "2026-07-02"
    assert said["transferDate"] == "2026-07-03"
    assert receipt.findtext("debtor/city") == "Forlì"
    assert receipt.findtext("payer/e-mail") == "nessuno@esempio.invalid"
    values = [e.text for e in receipt.iterfind("transferList/transfer/metadata/mapEntry/value")]
    assert values == [f"{n} è «sì»" for n in range(1, 6)]
    assert [e.text for e in receipt.iterfind("metadata/mapEntry/key")] == ["A", "B"]


def test_a_stamp_comes_back_as_the_document_that_it_bought():
    """It names the document's digest and its price, and takes the place of the account."""
    _, receipt = paid(SECOND["a stamp"])
    first, second = receipt.iterfind("transferList/transfer")
    stamp = etree.fromstring(base64.b64decode(second.findtext("MBDAttachment", "")))

    assert first.findtext("MBDAttachment") is None
    assert second.findtext("IBAN") is None
    assert f"{MDB}marcaDaBollo" == stamp.tag
    assert (stamp.findtext(f"{MDB}Importo"), stamp.findtext(f"{MDB}IUBD")) == ("16.00", "c0ffee-2")
    digest = "{http://www.w3.org/2000/09/xmldsig#}DigestValue"
    assert stamp.findtext(f"{MDB}ImprontaDocumento/{digest}") == world.HASH


def test_a_refused_payment_sends_no_receipt():
    """No money, no receipt."""
    no = xml(build.refused(GET2, "PAA_PAGAMENTO_ANNULLATO", "L'avviso è stato annullato."))
    line = Recorder({**GOOD, GET2: no})
    steps = list(pay(Caller(line, CONTRACT), PARTY, NAV, Payment("c0ffee", WHEN)))

    assert [step.heard.verdict for step in steps] == [Verdict.OK, Verdict.REFUSED]
    assert SEND2 not in line.sent
