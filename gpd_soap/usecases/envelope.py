"""The envelope of an event: CloudEvents 1.0, as the feed lists it and as it is sent.

SPEC: CloudEvents 1.0: id, source, type and specversion are required; sequence and partitionkey are
published extensions.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC
from typing import Any

from gpd_soap.core.case_id import CaseKey, case_id
from gpd_soap.core.event import EventType
from gpd_soap.store.events.read import StoredEvent

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
#: LIMIT: 20 digits, all of a 64-bit number, so that texts of it compare as numbers.
SEQUENCE_DIGITS = 20
#: LIMIT: 48 KiB of a receipt's XML, which are 64 KiB in base64.
LARGEST_RECEIPT = 48 * 1024

Envelope = dict[str, Any]

# WHY: json.dumps makes a new encoder at each call with options.
_AS_GIVEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def envelope(event: StoredEvent, receipt: bytes | None = None) -> Envelope:
    """Returns the envelope of a numbered event.

    `receipt` is the stored message, for a receiver that wants it in the data.  One that is larger
    than LARGEST_RECEIPT is left out.
    """
    assert event.sequence is not None
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/organizations/{event.organization}",
        "type": event.type,
        "time": event.written_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "subject": event.subject,
        "datacontenttype": "application/json",
        "sequence": str(event.sequence).zfill(SEQUENCE_DIGITS),
        "partitionkey": event.subject,
        "data": _data(event, receipt),
    }


def encode(envelope: Envelope) -> bytes:
    """Returns the bytes of an envelope, always the same for the same event.

    WHY: a receiver may compare digests of bodies, and a stored JSON value has no order of its own.
    So the names of the data are sorted.
    """
    attributes = {name: value for name, value in envelope.items() if name != "data"}
    head, data = _AS_GIVEN(attributes), _SORTED(envelope["data"])
    return f'{head[:-1]},"data":{data}}}'.encode()


def _data(event: StoredEvent, receipt: bytes | None) -> Envelope:
    columns = {
        "organization": event.organization,
        "nav": event.nav,
        "receiptId": event.receipt_id,
        "revision": event.revision,
    }
    data = {name: value for name, value in columns.items() if value is not None} | event.data
    if event.type in (EventType.CASE_OPENED, EventType.CASE_RESOLVED):
        data["by"] = event.actor
    if "iuv" in data and event.receipt_id is not None:
        data["links"] = {"receipt": _receipt_path(event, event.receipt_id)}
    if receipt is not None and len(receipt) <= LARGEST_RECEIPT:
        data["receipt"] = base64.b64encode(receipt).decode()
    return data


def _receipt_path(event: StoredEvent, receipt_id: str) -> str:
    """Returns the path at which the API answers the receipt of an event.

    By its IUV a notice's receipt is read that pays it; any other is read by its own id.
    """
    data = event.data
    if data.get("pays", True):
        return f"/payments/{event.organization}/receipts/{data['iuv']}"
    name = data.get("case") or case_id(CaseKey(receipt_id, 0))
    return f"/organizations/{event.organization}/receipts/{name}/xml"
