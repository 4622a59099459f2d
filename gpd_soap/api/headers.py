"""The headers that many operations take or give, written into the description in one place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gpd_soap.api import idempotency
from gpd_soap.api.auth import READING
from gpd_soap.api.openapi import COUNT, PROBLEM, TEXT, Schema

REQUEST_ID, WAIT = "X-Request-Id", "Retry-After"

NAME: Schema = {"type": "string", "pattern": f"^{idempotency.NAME}$"}
NAMED = (
    "Names the request: sent again within 24 hours with the same name and key, it has no second"
    " effect and gets the first answer."
)
TAKEN = {
    idempotency.HEADER: (NAME, NAMED),
    "If-Match": (TEXT, "The ETag of what was read: 412 where it has changed since."),
    REQUEST_ID: (TEXT, "What the answer calls this request: letters, digits, . _ -"),
}
GIVEN = {
    REQUEST_ID: (TEXT, "What the request is called, by you or by us."),
    WAIT: (COUNT, "After so many seconds the key may ask again."),
    idempotency.REPLAYED: (
        {"type": "string", "enum": ["true"]},
        "The answer is that of the first request of this Idempotency-Key.",
    ),
}
REFUSALS = {
    "409": "The state does not allow it, or the request of this Idempotency-Key is under way.",
    "422": "The Idempotency-Key is of another request.",
}


def describe(spec: Mapping[str, Any], secret: Collection[str]) -> None:
    """Complete every operation; `secret` are those that take no Idempotency-Key."""
    components = spec["components"]
    components["parameters"] = {
        name: {"name": name, "in": "header", "schema": schema, "description": text}
        for name, (schema, text) in TAKEN.items()
    }
    components["headers"] = {
        name: {"schema": schema, "description": text} for name, (schema, text) in GIVEN.items()
    }
    for path in spec["paths"].values():
        for method, operation in path.items():
            named = method.upper() not in READING and operation["operationId"] not in secret
            _describe(operation, named=named)


def _describe(operation: dict[str, Any], *, named: bool) -> None:
    responses = operation["responses"]
    if named:
        for status, text in REFUSALS.items():
            responses.setdefault(status, {"description": text, "content": PROBLEM})
    taken = [REQUEST_ID]
    taken += [idempotency.HEADER] if named else []
    taken += ["If-Match"] if "412" in responses else []
    operation.setdefault("parameters", []).extend(_ref("parameters", name) for name in taken)
    for status, answer in responses.items():
        given = [REQUEST_ID]
        given += [idempotency.REPLAYED] if named else []
        given += [WAIT] if status == "429" else []
        answer.setdefault("headers", {}).update({name: _ref("headers", name) for name in given})


def _ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}
