"""The receipts in what is sent: each the one of its event, with a link that leads to it."""

import json
from base64 import b64decode
from collections.abc import Iterator

import pytest

from gpd_soap.store.store import Store
from tests.api.office import BackOffice, Clock, Face
from tests.api.paying import V1, V2, message, send
from tests.features.webhooks.harness import Harness
from tests.features.webhooks.receiver import Receiver, answer, receiving
from tests.validation.bodies import body, option
from tests.world import STRANGER

#: What the Node sends, by the type of its event, in this order.
SENT = {
    "receipt.not_paid": message(1, "r-ko", outcome="KO"),
    "receipt.secondary": message(1, "copy", fiscalCode=STRANGER),
    "receipt.applied": message(1, "r-1", V1),
    "receipt.double": message(1, "an id / of its own"),
    "receipt.conflicting": message(1, "r-1", V1, description="Altro"),
    "receipt.unmatched": message(90, "r-90"),
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that accepts everything."""
    with receiving(answer(204)) as started:
        yield started


@pytest.fixture
def paid(store: Store) -> BackOffice:
    """A back office with one notice of ten euros."""
    office = BackOffice(store, Clock(), face=Face(store))
    office.create(body(option(1)), "?toPublish=true")
    return office


def test_event_of_a_receipt_has_its_own_message_and_path(paid: BackOffice, receiver: Receiver):
    """Of two receipts of one receiptId each is sent and read as it came."""
    harness = Harness(paid.store, receiver, types=["receipt."], withReceipt=True)
    for each in SENT.values():
        assert send(paid, each) == "OK"
    harness.deliver()

    events = [json.loads(each.body) for each in receiver.received]
    assert [each["type"] for each in events] == list(SENT)
    for event in events:
        assert b64decode(event["data"]["receipt"]) == SENT[event["type"]]
        read = paid.get(event["data"]["links"]["receipt"])
        assert read.status == 200, event["data"]["links"]
        name = event["data"]["receiptId"].encode()
        assert b"<receiptId>" + name + b"</receiptId>" in read.body
        assert (b"Altro" in read.body) is (event["type"] == "receipt.conflicting")


@pytest.mark.parametrize(("primitive", "kind"), [(V1, "ctReceipt"), (V2, "ctReceiptV2")])
def test_govpay_names_the_version_of_a_receipt(
    paid: BackOffice, receiver: Receiver, primitive: str, kind: str
):
    """Its receiver reads the XML by this type."""
    harness = Harness(paid.store, receiver, format="govpay2")
    sent = message(1, "r-1", primitive)
    assert send(paid, sent) == "OK"
    harness.deliver()

    [received] = receiver.received
    receipt = json.loads(received.body)["rt"]
    assert (receipt["tipo"], b64decode(receipt["xml"])) == (kind, sent)
