"""Holds every answer that a test receives against the OpenAPI document."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

from jsonschema import Draft202012Validator
from werkzeug.test import Client, TestResponse, create_environ, run_wsgi_app

from gpd_soap.api import openapi
from gpd_soap.api.app import flask_app
from gpd_soap.api.concurrency import Concurrency, Limits
from gpd_soap.settings import Settings
from gpd_soap.store.store import Store
from gpd_soap.wiring import cases
from tests.api.office import NOW

Schema = dict[str, Any]

#: An answer that any operation may give, such as 405 and 500.
PROBLEM: Schema = {"content": openapi.PROBLEM}


@cache
def document() -> Schema:
    """Returns the OpenAPI document, which depends on no data."""
    with TemporaryDirectory() as folder, closing(Store(f"sqlite:///{folder}/unused.db")) as store:
        worklist = cases(Settings(), store, lambda: NOW)
        app = flask_app(store, lambda: NOW, worklist, Concurrency(Limits()))
        # WHY: the client of the tests would hold this answer against the document, too.
        body, _, _ = run_wsgi_app(app.wsgi_app, create_environ("/openapi.json"))
        return dict(json.loads(b"".join(body)))


def operations() -> Iterator[tuple[str, str, Schema]]:
    """Yields the path, the method and the description of every operation."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


@cache
def routes() -> list[tuple[str, re.Pattern[str], Schema]]:
    """Returns the method, the path pattern and the responses of every operation."""
    return [
        (method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operation["responses"])
        for path, method, operation in operations()
    ]


@cache
def validator(reference: str) -> Draft202012Validator:
    """Returns the validator of a schema, which is given as JSON."""
    schema = {**json.loads(reference), "components": document()["components"]}
    return Draft202012Validator(schema)


def validate(schema: Schema, body: object) -> None:
    """Asserts that a body in JSON is valid against a schema of the document."""
    errors = [str(error) for error in validator(json.dumps(schema)).iter_errors(body)]
    assert errors == []


def described(content: Schema) -> Schema | None:
    """Returns the schema of a body in JSON, None for another body."""
    kinds = [kind for kind in content if "json" in kind]
    return content[kinds[0]]["schema"] if kinds else None


def check(method: str, path: str, status: int, body: object) -> None:
    """Asserts that a body in JSON is one that the document describes for its operation."""
    for verb, pattern, responses in routes():
        if verb == method and pattern.fullmatch(path):
            schema = described(responses.get(str(status), PROBLEM).get("content", {}))
            assert schema is not None or method == "PUT", f"{method} {path}: no body described"
            if schema is not None:
                validate(schema, body)
            return


def checked(send: Callable[..., TestResponse]) -> Callable[..., TestResponse]:
    """Returns `werkzeug.test.Client.open` with a check of each answer."""

    def send_and_check(client: Client, *args: Any, **more: Any) -> TestResponse:
        response = send(client, *args, **more)
        if "json" in response.headers.get("Content-Type", ""):
            request = response.request
            check(request.method, request.path, response.status_code, json.loads(response.data))
        return response

    return send_and_check
