"""The AsyncAPI document is valid; `test_events` holds each event against it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from gpd_soap.api.document.event_types import FIELDS, TYPES, data_schema
from gpd_soap.core.case_id import CaseOutcome
from gpd_soap.core.event import EventType
from gpd_soap.store.events import feed
from gpd_soap.store.events.numbering import number
from gpd_soap.store.store import Store
from gpd_soap.usecases.envelope import CONTENT_TYPE, envelope
from tests.api.office import BackOffice
from tests.api.serial_orders import new_run
from tests.event_schema import findings

PUBLISHED = Path(__file__).parent / "asyncapi/3.0.0.schema.json.gz"


@pytest.fixture
def document(quick: BackOffice) -> Any:
    """The document as it is served, without a key."""
    answer = quick.get("/asyncapi.json", key="")
    assert answer.status == 200
    return answer.body


def test_document_is_valid_by_the_published_schema(document: Any):
    """The schema is that of AsyncAPI 3.0.0."""
    published = json.loads(gzip.decompress(PUBLISHED.read_bytes()))
    errors = Draft7Validator(published).iter_errors(document)

    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_every_reference_of_the_document_leads_somewhere(document: Any):
    """The published schema does not look."""
    references = [*_references(document)]

    assert references
    for each in references:
        node = document
        for step in each.removeprefix("#/").split("/"):
            node = node[step]


def _references(node: Any) -> Any:
    if isinstance(node, dict):
        yield from [node["$ref"]] if "$ref" in node else []
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_document_has_a_message_for_every_type(document: Any):
    """The channel and the operation have it, with its payload."""
    types = {each.value for each in EventType}
    [channel], [operation] = document["channels"].values(), document["operations"].values()

    assert {each.value for each in TYPES} == types
    assert channel["messages"].keys() == types
    assert {each["$ref"].rpartition("/")[2] for each in operation["messages"]} == types
    for kind, message in document["components"]["messages"].items():
        assert message["payload"]["properties"]["type"] == {"const": kind}
        assert message["contentType"] == CONTENT_TYPE


def test_every_field_is_of_some_type():
    """A field that no type has would be left over."""
    used = {name for each in TYPES.values() for name in (*each.always, *each.sometimes)}

    assert used == FIELDS.keys()


def test_field_of_one_type_alone_is_described_by_it():
    """The outcome of a case is of its list, and that of a row of a flow is a code."""
    case = data_schema(EventType.CASE_RESOLVED)["properties"]["outcome"]
    row = data_schema(EventType.TRANSFER_REPORTED)["properties"]["outcome"]

    assert case["enum"] == [each.value for each in CaseOutcome]
    assert "enum" not in row
    for of in TYPES.values():
        assert of.own.keys() <= {*of.always, *of.sometimes} & FIELDS.keys()


def test_field_that_the_schema_does_not_name_is_noticed(store: Store):
    """A missing field and one of another type are noticed too."""
    run = new_run(store, "lone")
    number(store, run.organization)
    with store.reading() as connection:
        [event, *_] = feed.after(connection, run.organization, 0, 9, 1)
    good = envelope(event)

    assert findings(good) == []
    for data in ({**good["data"], "debtor": "x"}, {}, {**good["data"], "optionCount": "1"}):
        assert findings({**good, "data": data})
