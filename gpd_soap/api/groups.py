"""Groups of operations: who may call them, how they are declared, the models of their bodies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple

from flask_openapi.blueprint import APIBlueprint
from pydantic import BaseModel

from gpd_soap.api.openapi import Responses
from gpd_soap.store.access.keys import Key, Role

#: Prefix of every path for the keys of one organization.
ORGANIZATION = "/organizations/<organizationfiscalcode>"


class Group(NamedTuple):
    """Operations on one subject; `role` is the least role that may call them.

    `description` and `models` are for the OpenAPI document.  `secret` names the operations whose
    answer must not be stored, `persons` those that read a person's data.  `lists_own` says that its
    paths without an organization are for every key, and answer what is of the key's organizations
    alone.  `authenticate` returns at an instant the key of a request that presents none.
    """

    name: str
    description: str
    declare: Callable[[APIBlueprint], None]
    models: Sequence[type[BaseModel]]
    role: Role = Role.READER
    secret: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    lists_own: bool = False
    authenticate: Callable[[datetime], Key] | None = None

    @property
    def security(self) -> list[dict[str, list[str]]]:
        """The ways to present a key, as the OpenAPI document has them; an empty one for none."""
        return [{}] if self.authenticate else [{"ApiKey": []}, {"XApiKey": []}, {"Bearer": []}]


def add(
    declare_on: Callable[..., Any],
    rule: str,
    operation: Callable[..., Any],
    name: str,
    content: dict[str, Any] | None,
    responses: Responses,
) -> None:
    """Declares an operation on a path, with the name that generated clients give to its method."""
    options: dict[str, Any] = {"operation_id": name, "responses": responses}
    if content is not None:
        options["request_body"] = content
    declare_on(rule, endpoint=name, **options)(_function(operation))


def _function(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that calls a method: the framework sets attributes on it."""

    # WHY: annotations are text, and the framework resolves them in the wrapped module.
    @wraps(operation)
    def call(**arguments: object) -> object:
        return operation(**arguments)

    return call
