"""The OpenAPI document of the API: flask-openapi begins it, and our own texts complete it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.security_scheme import SecurityScheme
from flask_openapi.openapi import OpenAPI
from pydantic import BaseModel

from gpd_soap.api import headers, models, openapi
from gpd_soap.api.document import descriptions, examples, problem_examples
from gpd_soap.api.groups import Group

_SECURITY: dict[str, SecurityScheme | dict[str, Any]] = {
    "ApiKey": {"type": "apiKey", "name": "Ocp-Apim-Subscription-Key", "in": "header"},
    "XApiKey": {"type": "apiKey", "name": "X-Api-Key", "in": "header"},
    "Bearer": {"type": "http", "scheme": "bearer"},
}


class _FrameworkError(BaseModel):
    """The framework asks for a model of its errors; our answers never use it."""


def document(version: str, groups: Iterable[Group]) -> openapi.Schema:
    """Returns the OpenAPI document of a version of the program; a costly call."""
    groups = list(groups)
    app = OpenAPI(
        "gpd_soap.api",
        info={"title": "gpd-soap admin API", "version": version},
        security_schemes=_SECURITY,
        validation_error_status=400,
        validation_error_model=_FrameworkError,
        doc_ui=False,
        static_folder=None,
    )
    app.openapi_version = "3.1.0"
    for group in groups:
        app.register_api(_described(group))
    document: openapi.Schema = app.api_doc
    components = document["components"]["schemas"]
    components.pop(_FrameworkError.__name__, None)
    components.update(openapi.schemas(models.MODELS))
    for group in groups:
        components.update(openapi.schemas(group.models))
    descriptions.describe(document)
    examples.show(document)
    headers.describe(document, frozenset().union(*(group.secret for group in groups)))
    problem_examples.show(document)
    return document


def _described(group: Group) -> APIBlueprint:
    """Returns the operations of a group with the refusals of any of them, for reading alone."""
    api = APIBlueprint(
        group.name,
        __name__,
        abp_tags=[{"name": group.name, "description": group.description}],
        abp_security=group.security,
        abp_responses=openapi.refusals(400, 401, 403, 413, 429, 503),
    )
    group.declare(api)
    return api
