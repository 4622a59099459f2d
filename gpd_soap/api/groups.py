"""Operations that belong together: who may call them, how they are declared, their bodies."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from flask_openapi.blueprint import APIBlueprint

from gpd_soap.api.openapi import Responses, Schema
from gpd_soap.store.access.keys import Role

#: The beginning of every path that is for the keys of one organization.
ORGANIZATION = "/organizations/<organizationfiscalcode>"


class Group(NamedTuple):
    """A part of the API; `role` is the least that may call any of it.

    `secret` names the operations whose answer is kept nowhere.
    """

    name: str
    declare: Callable[[APIBlueprint], None]
    schemas: Callable[[], dict[str, Schema]]
    role: Role = Role.READER
    secret: frozenset[str] = frozenset()


def add(
    declare_on: Callable[..., Any],
    rule: str,
    operation: Callable[..., Any],
    name: str,
    content: dict[str, Any] | None,
    responses: Responses,
) -> None:
    """Let an operation answer a path, under the name that a generated client calls it by."""
    function = _function(operation)
    told: dict[str, Any] = {"operation_id": name, "responses": responses}
    if content is not None:
        told["request_body"] = content
    declare_on(rule, endpoint=name, **told)(function)


def _function(operation: Callable[..., Any]) -> Callable[..., Any]:
    """A function of its own, which the framework can write on as it cannot on a method."""

    # WHY: the annotations are text, and are looked up where the operation was written.
    @wraps(operation)
    def call(**told: object) -> object:
        return operation(**told)

    return call
