"""The AsyncAPI document: what is sent to the receiver of a subscription, type by type."""

from __future__ import annotations

from typing import Any

from gpd_soap.api.document.event_types import TYPES, data_schema
from gpd_soap.core.event import EventType
from gpd_soap.usecases.envelope import CONTENT_TYPE, SEQUENCE_DIGITS

VERSION = "3.0.0"
#: Versions of the HTTP binding of a message and of an operation.
HTTP = "0.3.0"

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_HEADERS: Schema = {
    "type": "object",
    "description": "SPEC: Standard Webhooks 1.0.0.",
    "properties": {
        "webhook-id": {**_TEXT, "description": "Id of the event, the same at each attempt."},
        "webhook-timestamp": {
            **_TEXT,
            "pattern": "^[0-9]+$",
            "description": "Unix time of the attempt, in seconds.",
        },
        "webhook-signature": {
            **_TEXT,
            "description": "Signatures with blanks between them; one that verifies is enough.",
        },
        "gpd-replay": {"const": "true", "description": "There if a person had it sent again."},
    },
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
}


def document(version: str) -> Schema:
    """Returns the AsyncAPI document of a version of the program."""
    names = {kind: kind.value for kind in TYPES}
    channel = "#/channels/subscription"
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "gpd-soap events",
            "version": version,
            "description": "Events of an organization, sent to the URL of each subscription, in "
            "order for each subject, at least once. Amounts are in cents, instants in UTC.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            "subscription": {
                "address": None,
                "description": "The URL of a subscription, which its back office chooses.",
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in names.values()
                },
            }
        },
        "operations": {
            "sendEvent": {
                "action": "send",
                "channel": {"$ref": channel},
                "summary": "Send an event to the receiver of a subscription.",
                "messages": [{"$ref": f"{channel}/messages/{name}"} for name in names.values()],
                "bindings": {"http": {"method": "POST", "bindingVersion": HTTP}},
            }
        },
        "components": {"messages": {name: _message(kind) for kind, name in names.items()}},
    }


def _message(kind: EventType) -> Schema:
    return {
        "name": kind.value,
        "title": kind.value,
        "summary": TYPES[kind].when,
        "contentType": CONTENT_TYPE,
        "headers": _HEADERS,
        "payload": envelope_schema(kind),
    }


def envelope_schema(kind: EventType) -> Schema:
    """Returns the JSON Schema of an event of a type, in its envelope (CloudEvents 1.0)."""
    properties: Schema = {
        "specversion": {"const": "1.0"},
        "id": {**_TEXT, "pattern": "^evt_[0-9a-z]+$"},
        "source": {**_TEXT, "pattern": "^/organizations/[0-9]{11}$"},
        "type": {"const": kind.value},
        "time": {**_TEXT, "format": "date-time"},
        "subject": {**_TEXT, "description": "Position, or else receipt, case or subscription."},
        "datacontenttype": {"const": "application/json"},
        "sequence": {**_TEXT, "pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$"},
        "partitionkey": {**_TEXT, "description": "The subject: its events come in order."},
        "data": data_schema(kind),
    }
    return {"type": "object", "properties": properties, "required": list(properties)}
