"""What the models of all answers share: names in camel case, times of Rome, problems, pages.

Answers are built as dicts by `responses` and checked against these models in the tests.
WHY: to build models from the same rows costs more: for a page of 50 positions, a third by
validation, and almost twice as much by `model_construct`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

#: An instant as Rome's time without zone.
RomeTime = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?$"),
]
Count = Annotated[int, Field(ge=0)]


def _without_null(schema: dict[str, Any]) -> None:
    """Removes null from the properties: an answer leaves out a field without value."""
    for field in schema.get("properties", {}).values():
        if field.pop("default", ...) is None:
            kinds = [each for each in field.pop("anyOf") if each != {"type": "null"}]
            field.update(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


class ResponseModel(BaseModel):
    """The body of an answer: no other fields, and None for a field that is left out."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra=_without_null,
        # WHY: only the OpenAPI document asks what the models are, so no start has to build them.
        defer_build=True,
    )


class PageInfo(ResponseModel):
    """The position of a page in a list."""

    model_config = ConfigDict(alias_generator=None)

    page: Count
    limit: Count
    items_found: Count
    total_pages: Count


class FieldError(ResponseModel):
    """What is wrong with a field of the request."""

    field: str
    rule: str
    expected: str


class ProblemJson(ResponseModel):
    """A refusal, as RFC 9457 writes it."""

    title: str
    status: Annotated[int, Field(ge=100, le=600)]
    detail: str
    errors: list[FieldError] | None = None
    first_cursor: str | None = None


MODELS = (PageInfo, ProblemJson)
