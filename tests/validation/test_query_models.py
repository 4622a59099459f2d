"""The models of paths and queries: what is made of them once."""

import importlib
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from gpd_soap.validation.queries.common import QueryModel


def models(parent: type[QueryModel] = QueryModel) -> Iterator[type[QueryModel]]:
    """Every model of the API's paths and queries."""
    importlib.import_module("gpd_soap.api.app")  # which imports them all
    for each in parent.__subclasses__():
        yield each
        yield from models(each)


@pytest.mark.parametrize("model", sorted(set(models()), key=str), ids=lambda model: model.__name__)
def test_schema_of_a_query_is_pydantics_and_made_once(model: type[QueryModel]):
    """Flask-openapi asks for it at each request."""
    once = model.model_json_schema()

    assert once is model.model_json_schema()
    assert once == BaseModel.__dict__["model_json_schema"].__func__(model)
    assert model.model_json_schema(mode="serialization") is not once
