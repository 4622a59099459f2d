"""The whole OpenAPI document: everything in it has a description, and each example is valid."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from tests.api.office import BackOffice

Node = dict[str, Any]


@pytest.fixture
def document(quick: BackOffice) -> Node:
    """Return the document as a reader of /docs gets it."""
    body: Node = quick.get("/openapi.json", key="").body
    return body


def operations(document: Node) -> Iterator[Node]:
    """Yield each operation."""
    for path in document["paths"].values():
        yield from path.values()


def responses(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield each response with the id of its operation and its status."""
    for operation in operations(document):
        for status, response in operation["responses"].items():
            yield operation["operationId"], status, response


def properties(schema: Any, path: str) -> Iterator[tuple[str, Node]]:
    """Yield each property with its path, those inside other properties too."""
    if isinstance(schema, list):
        for each in schema:
            yield from properties(each, path)
    elif isinstance(schema, dict):
        for name, value in schema.get("properties", {}).items():
            yield f"{path}.{name}", value
            yield from properties(value, f"{path}.{name}")
        for key, value in schema.items():
            if key not in ("properties", "example", "examples", "default", "enum"):
                yield from properties(value, path)


def parameters(document: Node) -> Iterator[tuple[str, Node]]:
    """Yield each parameter of an operation, but not those that all operations share."""
    for operation in operations(document):
        for parameter in operation["parameters"]:
            if "$ref" not in parameter:
                yield f"{operation['operationId']} {parameter['name']}", parameter


def examples(document: Node) -> Iterator[tuple[str, Node, Any]]:
    """Yield each example with the path and the schema of what it shows."""
    for name, schema in document["components"]["schemas"].items():
        if "example" in schema:
            yield name, {"$ref": f"#/components/schemas/{name}"}, schema["example"]
    contents = [
        (f"{where} {status}", content)
        for where, status, response in responses(document)
        for content in response.get("content", {}).values()
    ]
    for where, each in (*parameters(document), *contents):
        if "example" in each:
            yield where, each["schema"], each["example"]


def test_operation_has_a_summary_and_a_tag_that_is_described(document: Node) -> None:
    """A reader finds an operation by its subject."""
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    used: set[str] = set()
    for operation in operations(document):
        assert operation["summary"], operation["operationId"]
        assert operation["tags"], operation["operationId"]
        used.update(operation["tags"])

    assert used == tags.keys()
    assert all(tags.values())


def test_field_has_a_description(document: Node) -> None:
    """Fields of bodies and answers, parameters, headers and responses say what they mean."""
    fields = list(properties(document["components"]["schemas"], "#"))
    components = document["components"]
    headers = [*components["parameters"].items(), *components["headers"].items()]
    answers = [(f"{where} {status}", response) for where, status, response in responses(document)]

    assert len(fields) > 200
    for where, described in (*fields, *headers, *parameters(document), *answers):
        assert described.get("description"), where


def test_example_is_valid(document: Node) -> None:
    """A program that is written after the examples sends and reads what the schemas describe."""
    shown = list(examples(document))

    assert len(shown) > 100
    for where, schema, example in shown:
        with_components = {**schema, "components": document["components"]}
        try:
            jsonschema.Draft202012Validator(with_components).validate(example)
        except jsonschema.ValidationError as error:
            raise AssertionError(where) from error


def test_example_of_an_error_has_the_status_under_which_it_stands(document: Node) -> None:
    """Each refusal of each operation has an example of its own."""
    refusals = [each for each in responses(document) if each[1] >= "400"]

    assert len(refusals) > 200
    for where, status, response in refusals:
        [content] = response["content"].values()
        assert content["example"]["status"] == int(status), where
