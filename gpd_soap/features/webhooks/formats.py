"""What is sent for an event: CloudEvents, or what existing receivers of two systems expect.

SPEC: pagopa/p4pa-pu-sil, its OpenAPI: the notification of a payment (format `pu`).
SPEC: link-it/govpay, the API that a back office offers, version 2: receipts and reported transfers
(format `govpay2`), with euros as numbers of two decimals.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import quote

from gpd_soap.core.event import EventType
from gpd_soap.store.events.parked import ReceiptMessage
from gpd_soap.store.events.read import StoredEvent
from gpd_soap.usecases.envelope import CONTENT_TYPE, encode, envelope

JSON = "application/json"
#: Receipts of these types tell of money that was taken for the organization.
PAYMENTS = frozenset(
    {EventType.RECEIPT_APPLIED, EventType.RECEIPT_DOUBLE, EventType.RECEIPT_REVIEW}
)
_EURO = re.compile(r'"importo":"(-?[0-9]+\.[0-9]{2})"')


class Format(StrEnum):
    """The formats that a subscription can have."""

    CLOUDEVENTS = "cloudevents"
    PU = "pu"
    GOVPAY2 = "govpay2"


class Message(NamedTuple):
    """A request to a receiver; `path` is added to the path of its URL."""

    method: str
    path: str
    content_type: str
    body: bytes


def message(kind: Format, event: StoredEvent, receipt: ReceiptMessage | None) -> Message | None:
    """Returns what to send for an event; None if the format has nothing for its type.

    `receipt` is the stored message of the event's receipt, if there is one and it is to be sent.
    """
    return _MAKERS[kind](event, receipt)


def needs_receipt(kind: Format, event: StoredEvent, *, with_receipt: bool) -> bool:
    """Returns whether the message of an event holds the receipt as it came."""
    if event.receipt_id is None:
        return False
    return with_receipt if kind is Format.CLOUDEVENTS else event.type in PAYMENTS


def accepted(kind: Format, body: bytes) -> bool:
    """Returns whether the body of a 2xx answer is no refusal; `pu` puts faults into it."""
    if kind is not Format.PU:
        return True
    try:
        content = json.loads(body)
    except ValueError:
        return True
    return not (isinstance(content, dict) and content.get("faultCode"))


def join(url: str, path: str) -> str:
    """Returns a receiver's URL with a path after its own."""
    if not path:
        return url
    base, mark, query = url.partition("?")
    return base.rstrip("/") + path + mark + query


def _cloud_event(event: StoredEvent, receipt: ReceiptMessage | None) -> Message:
    return Message("POST", "", CONTENT_TYPE, encode(envelope(event, receipt and receipt.raw)))


def _pu(event: StoredEvent, receipt: ReceiptMessage | None) -> Message | None:
    if event.type != EventType.RECEIPT_APPLIED:
        return None
    data = event.data
    payment = {
        "orgFiscalCode": event.organization,
        "nav": event.nav,
        "iud": data.get("iupd"),
        "paymentDate": data.get("paymentDate"),
        "amountCents": data["amount"],
        "notificationFeeCents": data.get("notificationFee", 0),
    }
    content = {"encodedReceipt": _base64(receipt), "paymentData": _without_none(payment)}
    return Message("POST", "/payment-notification", JSON, _json(content))


def _govpay(event: StoredEvent, receipt: ReceiptMessage | None) -> Message | None:
    if event.type in PAYMENTS:
        return _ricevuta(event, receipt)
    if event.type == EventType.TRANSFER_REPORTED:
        return _rendicontazione(event)
    return None


def _ricevuta(event: StoredEvent, receipt: ReceiptMessage | None) -> Message:
    data, receipt_id = event.data, event.receipt_id or ""
    psp = data.get("psp", {})
    content = {
        "dominio": {"idDominio": event.organization},
        "iuv": data["iuv"],
        "idRicevuta": receipt_id,
        "importo": _euro(data["amount"]),
        "esito": "ESEGUITO",
        "idPagamento": receipt_id,
        "istitutoAttestante": {"idPSP": psp.get("id"), "denominazione": psp.get("name")},
        "data": event.written_at.isoformat(),
        "dataPagamento": data.get("paymentDate"),
        "pendenza": {"idPendenza": data.get("iupd"), "numeroAvviso": event.nav},
        "rt": {"tipo": _type_of(receipt), "xml": _base64(receipt)},
    }
    path = "/".join(quote(each, safe="") for each in (event.organization, data["iuv"], receipt_id))
    return Message("PUT", f"/ricevute/{path}", JSON, _json(_without_none(content)))


def _rendicontazione(event: StoredEvent) -> Message | None:
    data = event.data
    if data.get("iuf") is None:
        # WHY: a transfer that a back office marked as reported has no row of a flow.
        return None
    content = {
        "idDominio": event.organization,
        "iuv": data.get("iuv"),
        "iur": event.receipt_id,
        "indice": data.get("number"),
        "importo": _euro(data["amount"]),
        "esito": data.get("outcome"),
        "data": data.get("paymentDate"),
        "idFlusso": data.get("iuf"),
        "dataFlusso": data.get("flowDate"),
        "trn": data.get("trn"),
        "idPsp": data.get("psp"),
    }
    return Message("POST", "/rendicontazioni", JSON, _json(_without_none(content)))


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields that have a value; a receiver may refuse a null."""
    return {
        name: _without_none(value) if isinstance(value, dict) else value
        for name, value in fields.items()
        if value is not None
    }


def _euro(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _base64(receipt: ReceiptMessage | None) -> str | None:
    return None if receipt is None else base64.b64encode(receipt.raw).decode()


def _type_of(receipt: ReceiptMessage | None) -> str:
    """Returns GovPay's name of the type of a receipt, by the version of its primitive."""
    of_first = receipt is not None and receipt.primitive == "paSendRT"
    return "ctReceipt" if of_first else "ctReceiptV2"


def _json(content: dict[str, Any]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    # WHY: a number of json.dumps has no two decimals: 100.00 would be 100.0.
    return _EURO.sub(r'"importo":\1', text).encode()


_MAKERS: dict[Format, Callable[[StoredEvent, ReceiptMessage | None], Message | None]] = {
    Format.CLOUDEVENTS: _cloud_event,
    Format.PU: _pu,
    Format.GOVPAY2: _govpay,
}
