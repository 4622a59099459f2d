from itertools import chain
from typing import Any

from gpd_soap.api import models, openapi
from gpd_soap.api.audit import models as audit
from gpd_soap.api.configuration import models as configuration
from gpd_soap.api.document.descriptions import DESCRIPTIONS
from gpd_soap.api.documents import models as documents
from gpd_soap.api.events import models as events
from gpd_soap.api.history import models as history
from gpd_soap.api.jobs import models as jobs
from gpd_soap.api.journal import models as journal
from gpd_soap.api.keys import models as keys
from gpd_soap.api.loads import models as loads
from gpd_soap.api.positions import models as positions
from gpd_soap.api.print_service import models as print_service
from gpd_soap.api.receipts import models as receipts
from gpd_soap.api.search import models as search
from gpd_soap.api.subscriptions import models as subscriptions
from tests.api import conformance

SUBJECTS = (
    models, positions, receipts, journal, configuration, keys, audit, history, events, search,
    subscriptions, documents, jobs, loads, print_service,
)  # fmt: skip


def components() -> dict[str, Any]:
    """Returns the schemas of the document, by name."""
    return dict(conformance.document()["components"]["schemas"])


def parameters() -> dict[str, Any]:
    """Returns the parameters of all paths and queries, by name."""
    listed = [operation.get("parameters", []) for _, _, operation in conformance.operations()]
    return {each["name"]: each for each in chain.from_iterable(listed) if "name" in each}


def test_every_schema_is_made_of_a_model():
    """The document has no schema that was written by hand."""
    made = openapi.schemas(model for subject in SUBJECTS for model in subject.MODELS)

    assert set(made) == set(components())


def test_every_operation_has_a_described_tag():
    """A reader finds the operations of a subject together, under a sentence about it."""
    described = {each["name"] for each in conformance.document()["tags"] if each["description"]}

    for path, method, operation in conformance.operations():
        assert len(operation["tags"]) == 1, (method, path)
        assert set(operation["tags"]) <= described


def test_every_field_and_parameter_is_described():
    """A reader learns of every field what it holds."""
    fields = [
        (f"{name}.{field}", value)
        for name, schema in components().items()
        for field, value in schema.get("properties", {}).items()
    ]

    assert [name for name, schema in components().items() if not schema.get("description")] == []
    assert [name for name, value in fields if not value.get("description")] == []
    assert [
        name
        for name, value in parameters().items()
        if not (value.get("description") or value["schema"].get("description"))
    ] == []


def test_every_description_belongs_to_a_field_or_parameter():
    """A description of a field that is gone is gone too."""
    names = set(parameters())
    for name, schema in components().items():
        for field in schema.get("properties", {}):
            names |= {field, f"{name}.{field}"}

    assert set(DESCRIPTIONS) <= names


def test_every_body_has_a_valid_example():
    """A reader sees of every body what it looks like."""
    bodies = []
    for _, _, operation in conformance.operations():
        bodies += [operation["requestBody"]] if "requestBody" in operation else []
        bodies += [each for each in operation["responses"].values() if "content" in each]
    schemas = filter(None, (conformance.described(body["content"]) for body in bodies))
    kinds = chain.from_iterable(schema.get("anyOf", [schema]) for schema in schemas)
    names = {kind["$ref"].removeprefix(openapi.REF) for kind in kinds if "$ref" in kind}

    assert len(names) > 30
    for name in names:
        conformance.validate({"$ref": openapi.REF + name}, components()[name]["example"])
