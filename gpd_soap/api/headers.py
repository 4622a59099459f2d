"""The headers of many operations, written into the OpenAPI document in one place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gpd_soap.api import idempotency
from gpd_soap.api.auth import READING
from gpd_soap.api.openapi import COUNT, PROBLEM, TEXT, Schema

REQUEST_ID, WAIT = "X-Request-Id", "Retry-After"

NAME: Schema = {"type": "string", "pattern": f"^{idempotency.NAME}$"}
NAMED = (
    "Name of the request.  Sent again within 24 hours with the same name and key, the request has"
    " no second effect and gets the first answer."
)
REQUEST_HEADERS = {
    idempotency.HEADER: (NAME, NAMED),
    "If-Match": (
        TEXT,
        "ETag of what was read, such as a position; 412 if it has changed since.",
    ),
    REQUEST_ID: (TEXT, "Id of the request, repeated in the answer: letters, digits, . _ -"),
}
RESPONSE_HEADERS = {
    REQUEST_ID: (TEXT, "Id of the request: the one that it brought, else a new one."),
    WAIT: (COUNT, "Seconds after which the request may be repeated."),
    idempotency.REPLAYED: (
        {"type": "string", "enum": ["true"]},
        "Present if the answer is that of the first request with this Idempotency-Key.",
    ),
}
REFUSALS = {
    "409": "The state does not allow it, or a request with this Idempotency-Key is still running.",
    "422": "The Idempotency-Key was used for another request.",
}


def describe(spec: Mapping[str, Any], secret: Collection[str]) -> None:
    """Completes every operation of the document; `secret` operations take no Idempotency-Key."""
    components = spec["components"]
    components["parameters"] = {
        name: {"name": name, "in": "header", "schema": schema, "description": text}
        for name, (schema, text) in REQUEST_HEADERS.items()
    }
    components["headers"] = {
        name: {"schema": schema, "description": text}
        for name, (schema, text) in RESPONSE_HEADERS.items()
    }
    for path in spec["paths"].values():
        for method, operation in path.items():
            repeatable = method.upper() not in READING and operation["operationId"] not in secret
            _describe(operation, repeatable=repeatable)


def _describe(operation: dict[str, Any], *, repeatable: bool) -> None:
    responses = operation["responses"]
    if repeatable:
        for status, text in REFUSALS.items():
            responses.setdefault(status, {"description": text, "content": PROBLEM})
    names = [REQUEST_ID]
    names += [idempotency.HEADER] if repeatable else []
    names += ["If-Match"] if "412" in responses else []
    operation.setdefault("parameters", []).extend(_ref("parameters", name) for name in names)
    for status, response in responses.items():
        names = [REQUEST_ID]
        names += [idempotency.REPLAYED] if repeatable else []
        names += [WAIT] if status == "429" else []
        response.setdefault("headers", {}).update({name: _ref("headers", name) for name in names})


def _ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}
