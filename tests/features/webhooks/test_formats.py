"""What is sent for an event, in each format."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gpd_soap.features.webhooks import formats
from gpd_soap.features.webhooks.formats import Format
from gpd_soap.store.events.parked import ReceiptMessage
from gpd_soap.store.events.read import StoredEvent
from gpd_soap.usecases import envelope

PAID: dict[str, Any] = {
    "receiptId": "r/1", "nav": "347000000000000124", "iuv": "47000000000000124", "iupd": "TARI-1",
    "amount": 10005, "fee": 150, "paymentDate": "2026-11-27T08:00:00Z",
    "psp": {"id": "ABI00000", "name": "Banca di Esempio", "fiscalCode": "00000000191"},
}  # fmt: skip
EVENT = StoredEvent(
    "77777777777", "TARI-1", datetime(2026, 11, 27, 8, 0, 1, tzinfo=UTC), "evt_0001", 17,
    "receipt.applied", "347000000000000124", "r/1", 3, "node", "15376371009_01", PAID,
)  # fmt: skip
XML = ReceiptMessage("paSendRTV2", b"<r/>")


def test_cloud_event_has_fixed_bytes():
    """A receiver may compare digests, so an order of the stored data does not matter."""
    reordered = EVENT._replace(data=dict(reversed(PAID.items())))

    first, second = (formats.message(Format.CLOUDEVENTS, each, None) for each in (EVENT, reordered))

    assert first == second
    assert first is not None
    assert first[:3] == ("POST", "", "application/cloudevents+json; charset=utf-8")
    assert first.body.startswith(
        b'{"specversion":"1.0","id":"evt_0001","source":"/organizations/77777777777",'
        b'"type":"receipt.applied","time":"2026-11-27T08:00:01Z","subject":"TARI-1",'
        b'"datacontenttype":"application/json","sequence":"00000000000000000017",'
        b'"partitionkey":"TARI-1","data":{"amount":10005,'
    )
    data = json.loads(first.body)["data"]
    assert (data["revision"], data["organization"]) == (3, "77777777777")
    assert data["links"] == {"receipt": "/payments/77777777777/receipts/47000000000000124"}


@pytest.mark.parametrize(("size", "there"), [(48 * 1024, True), (48 * 1024 + 1, False)])
def test_receipt_is_in_the_data_if_it_is_small(size: int, *, there: bool):
    """A larger one is behind the link alone."""
    assert ("receipt" in envelope.envelope(EVENT, b"x" * size)["data"]) is there


def test_pu_is_the_notification_of_a_payment():
    """It is sent for applied receipts alone."""
    message = formats.message(Format.PU, EVENT, XML)

    assert message is not None
    assert message[:3] == ("POST", "/payment-notification", "application/json")
    content = json.loads(message.body)
    assert base64.b64decode(content["encodedReceipt"]) == XML.raw
    assert content["paymentData"] == {
        "orgFiscalCode": "77777777777", "nav": "347000000000000124", "iud": "TARI-1",
        "paymentDate": "2026-11-27T08:00:00Z", "amountCents": 10005, "notificationFeeCents": 0,
    }  # fmt: skip
    assert formats.message(Format.PU, EVENT._replace(type="receipt.double"), XML) is None


@pytest.mark.parametrize(
    ("body", "accepted"),
    [
        (b"", True),
        (b"OK", True),
        (b'{"faultCode": null}', True),
        (b'{"faultCode": "PAA_ERR", "faultDescription": "no"}', False),
    ],
)
def test_fault_in_an_answer_of_pu_is_a_refusal(body: bytes, *, accepted: bool):
    """Other formats read no body."""
    assert formats.accepted(Format.PU, body) is accepted
    assert formats.accepted(Format.GOVPAY2, body)


def test_govpay_has_euros_with_two_decimals():
    """The path names organization, IUV and receipt."""
    message = formats.message(Format.GOVPAY2, EVENT._replace(data=PAID | {"amount": 10000}), XML)

    assert message is not None
    assert (message.method, message.path) == (
        "PUT",
        "/ricevute/77777777777/47000000000000124/r%2F1",
    )
    assert b'"importo":100.00,' in message.body
    assert json.loads(message.body)["istitutoAttestante"]["idPSP"] == "ABI00000"


def test_govpay_leaves_out_what_is_not_known():
    """The contract of its receivers knows no null."""
    unknown = dict.fromkeys(("paymentDate", "iupd"))
    message = formats.message(Format.GOVPAY2, EVENT._replace(data=PAID | unknown), XML)

    assert message is not None
    assert b"null" not in message.body
    assert json.loads(message.body)["pendenza"] == {"numeroAvviso": EVENT.nav}


def test_govpay_has_reported_transfers():
    """One that no flow reported has no amount, and is not sent."""
    data = {"iuv": "47000000000000124", "amount": 5, "iuf": "2026-11-27-ABI-1", "number": 1}
    event = EVENT._replace(type="transfer.reported", data=data)

    message = formats.message(Format.GOVPAY2, event, None)

    assert message is not None
    assert (message.method, message.path) == ("POST", "/rendicontazioni")
    assert b'"importo":0.05,' in message.body
    assert formats.message(Format.GOVPAY2, event._replace(data={}), None) is None


@pytest.mark.parametrize(
    ("url", "joined"),
    [
        ("https://ente.example.it/bo/", "https://ente.example.it/bo/ricevute/1"),
        ("https://ente.example.it?a=b", "https://ente.example.it/ricevute/1?a=b"),
    ],
)
def test_path_of_a_format_comes_after_the_receiver_s_own(url: str, joined: str):
    """Its query is kept."""
    assert formats.join(url, "/ricevute/1") == joined
