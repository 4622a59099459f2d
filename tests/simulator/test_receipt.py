"""The receipt that is built from an answer keeps the contract."""

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
    ADDRESSEE,
    CONTRACT,
    DUE,
    GET,
    GET2,
    GOOD,
    NAV,
    SEND,
    SEND2,
    VERIFY,
    Scripted,
    payment,
    xml,
)

WHEN = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)  # already the second of July in Rome
MDB = "{http://www.agenziaentrate.gov.it/2014/MarcaDaBollo}"


class Recorder(HttpClient):
    """A client that sends nothing, answers from a script and records each message."""

    def __init__(self, answers: dict[str, Scripted]) -> None:
        """Take the answers by SOAPAction."""
        self.url, self.answers = "http://nowhere.invalid/", answers
        self.sent: dict[str, bytes] = {}

    def post(self, body: bytes, action: str | None, seconds: float) -> Reply | NoReply:
        """Record the message and return the scripted answer."""
        assert action is not None
        self.sent[action] = body
        return Reply(200, self.answers[action].body)


def paid(data: str, *, v2: bool = True) -> tuple[list[Step], etree._Element]:
    """Return the steps of a payment with this data, and the receipt that was sent."""
    get, send = (GET2, SEND2) if v2 else (GET, SEND)
    client = Recorder({**GOOD, VERIFY: DUE, get: xml(build.soap_response(get, data))})
    steps = list(pay(Caller(client, CONTRACT), ADDRESSEE, NAV, Payment("c0ffee", WHEN, v2)))
    payload = open_envelope(client.sent[send])
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
def test_receipt_of_the_second_version_keeps_the_contract(data: str):
    """The receipt of each valid answer is valid."""
    steps, receipt = paid(data)

    assert all(step.good for step in steps)
    assert CONTRACT.check(receipt.getparent()) is None  # type: ignore[arg-type]  # it has a parent


@pytest.mark.parametrize(
    "data", [*BOTH.values(), payment(companyName=None)], ids=[*BOTH, "no company"]
)
def test_receipt_of_the_first_version_keeps_the_contract(data: str):
    """It names the company, which the answer need not name."""
    steps, receipt = paid(data, v2=False)

    assert all(step.good for step in steps)
    assert CONTRACT.check(receipt.getparent()) is None  # type: ignore[arg-type]  # it has a parent
    assert receipt.findtext("companyName") == "Comune di Esempio"


def test_receipt_has_the_data_of_the_answer_and_of_the_payment():
    """Debtor, transfers and metadata are those of the answer."""
    _, receipt = paid(payment(*FIVE, **EVERYTHING))
    fields = {child.tag: child.text for child in receipt}

    assert fields["receiptId"] == "c0ffee"
    assert (NAV, NAV[1:]) == (fields["noticeNumber"], fields["creditorReferenceId"])
    assert fields["fee"] == "1.50"
    assert fields["paymentAmount"] == "100.00"
    assert fields["paymentDateTime"] == "2026-07-02T00:30:00"
    assert fields["applicationDate"] == "2026-07-02"
    assert fields["transferDate"] == "2026-07-03"
    assert receipt.findtext("debtor/city") == "Forlì"
    assert receipt.findtext("payer/e-mail") == "nessuno@esempio.invalid"
    values = [e.text for e in receipt.iterfind("transferList/transfer/metadata/mapEntry/value")]
    assert values == [f"{n} è «sì»" for n in range(1, 6)]
    assert [e.text for e in receipt.iterfind("metadata/mapEntry/key")] == ["A", "B"]


def test_receipt_of_a_stamp_has_the_stamp_and_no_account():
    """The stamp has the digest of the document and the price."""
    _, receipt = paid(SECOND["a stamp"])
    first, second = receipt.iterfind("transferList/transfer")
    stamp = etree.fromstring(base64.b64decode(second.findtext("MBDAttachment", "")))

    assert first.findtext("MBDAttachment") is None
    assert second.findtext("IBAN") is None
    assert f"{MDB}marcaDaBollo" == stamp.tag
    assert (stamp.findtext(f"{MDB}Importo"), stamp.findtext(f"{MDB}IUBD")) == ("16.00", "c0ffee-2")
    digest = "{http://www.w3.org/2000/09/xmldsig#}DigestValue"
    assert stamp.findtext(f"{MDB}ImprontaDocumento/{digest}") == world.HASH


def test_refused_payment_sends_no_receipt():
    """Nothing was paid."""
    no = xml(build.refused(GET2, "PAA_PAGAMENTO_ANNULLATO", "L'avviso è stato annullato."))
    client = Recorder({**GOOD, GET2: no})
    steps = list(pay(Caller(client, CONTRACT), ADDRESSEE, NAV, Payment("c0ffee", WHEN)))

    assert [step.judged.verdict for step in steps] == [Verdict.OK, Verdict.REFUSED]
    assert SEND2 not in client.sent
