"""The description is true: what it says is taken is taken, what comes back is what it says."""

import re
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from gpd_soap.api import examples
from gpd_soap.api.auth import HEADERS
from gpd_soap.store.access.keys import Role
from tests.api.office import Office

PROMISES = ("not_a_server_error", "status_code_conformance", "content_type_conformance",
            "response_schema_conformance", "ignored_auth", "unsupported_method")  # fmt: skip
#: LIMIT: of each operation, so that all of them take about ten seconds.
EXAMPLES = 15


def test_what_the_description_says_is_so(quick: Office):
    """Schemathesis asks every operation, with a key, rightly and wrongly."""
    load_all_checks()
    checks: Any = CHECKS.get_by_names(list(PROMISES))
    key = quick.key(Role.ADMIN)
    schema = schemathesis.openapi.from_wsgi("/openapi.json", quick.app)
    asked = 0

    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # a description that is wrong

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def probe(case: Any) -> None:
            nonlocal asked
            asked += 1
            # WHY: where another is in the first header, the check takes that for the key.
            case.call_and_validate(headers={HEADERS[0]: key}, checks=checks)

        probe()

    assert asked > 12


def test_the_description_is_of_openapi_3_1(quick: Office):
    """Every operation has a name of its own, needs a key, and tells problems as such."""
    told = quick.get("/openapi.json", key="").body

    assert told["openapi"] == "3.1.0"
    operations = [each for path in told["paths"].values() for each in path.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    for operation in operations:
        assert operation["security"] == [{"ApiKey": []}, {"XApiKey": []}, {"Bearer": []}]
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"]
    assert set(
        re.findall(r'"\$ref": ?"#/components/schemas/(\w+)"', str(told).replace("'", '"'))
    ) <= set(told["components"]["schemas"])


def test_every_body_has_an_example_that_is_one(quick: Office):
    """Whoever tries the page need not invent anything."""
    told = quick.get("/openapi.json", key="").body
    operations = [each for path in told["paths"].values() for each in path.values()]
    sent = [each["requestBody"] for each in operations if "requestBody" in each]
    bodies = {body["content"]["application/json"]["schema"]["$ref"] for body in sent}

    assert {f"#/components/schemas/{name}" for name in examples.BODIES} >= bodies
    for name, example in examples.BODIES.items():
        assert told["components"]["schemas"][name]["example"] == example
        schema = {"$ref": f"#/components/schemas/{name}", "components": told["components"]}
        jsonschema.Draft202012Validator(schema).validate(example)
    assert quick.create(examples.BODIES["PaymentPositionModel"]).body["status"] == "DRAFT"
    named = {each["name"] for operation in operations for each in operation.get("parameters", ())
             if each.get("in") == "path"}  # fmt: skip
    assert named - examples.PARAMETERS.keys() <= {"id"}


def test_the_documentation_works_without_the_world(quick: Office):
    """The page and all that it loads are ours, and it sends the description to nobody."""
    page = quick.get("/docs", key="")
    text = page.body.decode()

    assert page.status == 200
    assert "://" not in text
    assert '"validatorUrl": null' in text
    for place in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert quick.get(f"/{place}", key="").status == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_needs_no_key(quick: Office, path: str):
    """Whoever keeps us running has none."""
    assert quick.get(path, key="").body["status"] == "up"
