"""Holds events against the schemas of the AsyncAPI document, where a test reads or receives one."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from gpd_soap.api.document.asyncapi import envelope_schema
from gpd_soap.core.event import EventType


def findings(event: Mapping[str, Any]) -> list[str]:
    """Returns how an event in its envelope differs from its schema; a field more is named too."""
    errors = _validator(EventType(event["type"])).iter_errors(event)
    return [f"{event['type']} {error.json_path}: {error.message}" for error in errors]


def findings_in(body: bytes) -> list[str]:
    """Returns how the body of a delivery differs from its schema."""
    return findings(json.loads(body))


@cache
def _validator(kind: EventType) -> Draft202012Validator:
    schema = _closed(envelope_schema(kind))
    return Draft202012Validator(schema, format_checker=FormatChecker())


def _closed(schema: Any) -> Any:
    """Returns a schema in which no object has a field that the schema does not name."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed["additionalProperties"] = False
    return closed
