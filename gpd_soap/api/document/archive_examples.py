"""Examples of the answers about documents and batches."""

from __future__ import annotations

from typing import Any

from gpd_soap.api.document.example_values import CREATED, IUPD, NAV, PAGE_INFO

_DOCUMENT = {
    "id": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "state": "current",
    "iupd": IUPD,
    "navs": [NAV],
    "digest": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "size": 33594,
    "versions": {"gpd-soap": "0.1.0", "typst": "0.15.2"},
    "createdAt": CREATED,
    "actorKind": "key",
    "actor": "k1a2b3c4d5e6",
}
_BATCH = {
    "id": "bat_0f8fad5bd9cb469fa16570867728950e",
    "job": "job_0f8fad5bd9cb469fa16570867728950e",
    "state": "running",
    "total": 1,
    "released": 0,
    "refused": 0,
    "createdAt": CREATED,
    "actorKind": "key",
    "actor": "k1a2b3c4d5e6",
}

ANSWERS: dict[str, Any] = {
    "Document": _DOCUMENT,
    "Batch": _BATCH,
    "Batches": {"batches": [_BATCH], "page_info": PAGE_INFO},
    "BatchLines": {
        "lines": [{"number": 1, "nav": NAV, "document": _DOCUMENT["id"]}],
        "page_info": PAGE_INFO,
    },
    "Documents": {"documents": [_DOCUMENT], "page_info": PAGE_INFO},
}
