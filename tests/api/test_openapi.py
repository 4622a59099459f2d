"""The OpenAPI description is true: requests and answers are as it describes them."""

import re
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import jsonschema
import pytest
from flask import Flask

from gpd_soap.api import openapi
from gpd_soap.api.document import examples
from tests.api.office import BackOffice


def test_description_is_openapi_3_1_and_every_problem_is_described(quick: BackOffice):
    """Every operation has its own id, needs a key and answers errors as problems."""
    description = quick.get("/openapi.json", key="").body

    assert description["openapi"] == "3.1.0"
    operations = [each for path in description["paths"].values() for each in path.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    # WHY: a link to a printed notice is opened without a key.
    [link] = [each for each in operations if each["security"] == [{}]]
    assert link["operationId"] == "downloadSigned"
    for operation in operations:
        if operation is link:
            continue
        assert operation["security"] == [{"ApiKey": []}, {"XApiKey": []}, {"Bearer": []}]
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"]
    assert set(
        re.findall(r'"\$ref": ?"#/components/schemas/(\w+)"', str(description).replace("'", '"'))
    ) <= set(description["components"]["schemas"])


def test_every_request_body_has_a_valid_example(quick: BackOffice):
    """The example of a position is accepted by the API."""
    description = quick.get("/openapi.json", key="").body
    operations = [each for path in description["paths"].values() for each in path.values()]
    sent = [each["requestBody"] for each in operations if "requestBody" in each]
    # A file that is sent is no JSON, and has its bytes alone.
    in_json = [
        each["content"]["application/json"] for each in sent if "text/csv" not in each["content"]
    ]
    bodies = {content["schema"]["$ref"] for content in in_json}

    assert {f"#/components/schemas/{name}" for name in examples.BODIES} >= bodies
    for name, example in examples.BODIES.items():
        assert description["components"]["schemas"][name]["example"] == example
        schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
        jsonschema.Draft202012Validator(schema).validate(example)
    assert quick.create(examples.BODIES["PaymentPositionModel"]).body["status"] == "DRAFT"
    named = {each["name"] for operation in operations for each in operation.get("parameters", ())
             if each.get("in") == "path"}  # fmt: skip
    assert named - examples.PARAMETERS.keys() <= {"id"}


def test_documentation_page_loads_nothing_from_other_hosts(quick: BackOffice):
    """The page and its files are served here, and no validator gets the description."""
    page = quick.get("/docs", key="")
    text = page.body.decode()

    assert page.status == 200
    assert "://" not in text
    assert '"validatorUrl": null' in text
    for path in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert quick.get(f"/{path}", key="").status == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_without_a_key_is_up(quick: BackOffice, path: str):
    """Monitoring systems have no key."""
    assert quick.get(path, key="").body["status"] == "up"


def test_document_is_made_once_at_its_first_request():
    """Requests that come meanwhile wait for the same one."""
    app, made = Flask("app"), list[str]()

    def make() -> dict[str, str]:
        sleep(0.05)
        made.append("document")
        return {"title": "document"}

    openapi.serve(app, "it", make)
    assert made == []
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: app.test_client().get("/it.json").json, range(4)))

    assert answers == [{"title": "document"}] * 4
    assert made == ["document"]
