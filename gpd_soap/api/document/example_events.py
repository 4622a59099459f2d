"""Examples of the answers about events and those who receive them, in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from gpd_soap.api.document.example_values import (
    CREATED,
    IUPD,
    NAV,
    ORGANIZATION,
    PAGE_INFO,
    PAID,
)

_EVENT = {
    "specversion": "1.0",
    "id": "evt_01936d7e0c007d5e8a6b0f8fad5bd9cb",
    "source": f"/organizations/{ORGANIZATION}",
    "type": "receipt.applied",
    "time": "2027-03-16T09:00:01.123456Z",
    "subject": IUPD,
    "datacontenttype": "application/json",
    "sequence": "00000000000000000017",
    "partitionkey": IUPD,
    "data": {"organization": ORGANIZATION, "nav": NAV, "iupd": IUPD, "amount": 10000},
}
_SUBSCRIPTION = {
    "id": "sub_0f8fad5bd9cb469fa16570867728950e",
    "url": "https://ente.example.it/eventi",
    "types": ["receipt."],
    "format": "cloudevents",
    "lanes": 1,
    "withReceipt": False,
    "certificate": "",
    "authority": "",
    "state": "active",
    "cursor": "17",
    "generation": 1,
    "attempts": 0,
    "lastStatus": 204,
    "lastError": "",
    "createdAt": CREATED,
    "createdBy": "k1a2b3c4d5e6",
}
_PARKED = {
    "sequence": 12,
    "subject": IUPD,
    "state": "retry",
    "replay": False,
    "attempts": 2,
    "nextAt": PAID,
    "lastStatus": 500,
    "lastError": "",
}

#: By name of the schema.
EVENT_ANSWERS: dict[str, Any] = {
    "Subscription": _SUBSCRIPTION,
    "FeedEvents": {"items": [_EVENT], "limit": 100, "next_cursor": "17"},
    "WebhookKeys": {
        "keys": [
            {"algorithm": "ed25519", "key": "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="}
        ]
    },
    "Feeds": {"items": [{"organization": ORGANIZATION, "last": "17"}], "limit": 100},
    "SubscriptionWithSecret": {**_SUBSCRIPTION, "secret": "whsec_invented"},
    "Subscriptions": {"subscriptions": [_SUBSCRIPTION], "page_info": PAGE_INFO},
    "ParkedEvents": {"parked": [_PARKED], "page_info": PAGE_INFO},
    "Replayed": {"events": 20},
}
