"""What the OpenAPI says beside paths and queries: how bodies, answers and problems are written.

Bodies are checked by `validation` and not by the framework, so they are described by hand.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

REF = "#/components/schemas/"
PROBLEM = {"application/problem+json": {"schema": {"$ref": f"{REF}ProblemJson"}}}

Schema = dict[str, Any]
#: As the framework wants them: by status, which is a number.
Responses = dict[str | int | HTTPStatus, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MARK = "What the row is marked with now, for If-Match."
MOMENT: Schema = {"type": "string", "description": "Rome's clock, without a zone"}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": REF + name}


def many(name: str) -> Schema:
    """A list of a schema."""
    return {"type": "array", "items": ref(name)}


def body(name: str, *, required: bool = True) -> Schema:
    """A request body of a schema."""
    return {"content": {"application/json": {"schema": ref(name)}}, "required": required}


def answer(schema: Schema, description: str, *, marked: bool = False) -> Schema:
    """An answer in JSON; a marked one has an ETag."""
    content = {"application/json": {"schema": schema}}
    headers = {"headers": {"ETag": {"description": MARK, "schema": TEXT}}} if marked else {}
    return {"description": description, "content": content, **headers}


def refusals(*statuses: int) -> Responses:
    """Answers that are problems."""
    return {status: {"content": PROBLEM} for status in statuses}


def objects(properties: Schema, *, closed: bool = True) -> Schema:
    """An object of these properties, and of no others unless it is open."""
    return {
        "type": "object",
        "properties": properties,
        **({"additionalProperties": False} if closed else {}),
    }


def texts(names: str) -> Schema:
    """Properties that are text, by their names."""
    return dict.fromkeys(names.split(), TEXT)


def moments(names: str) -> Schema:
    """Properties that are instants, by their names."""
    return dict.fromkeys(names.split(), MOMENT)


def page_of(name: str, schema: str) -> Schema:
    """A page of a list, which stands under this name."""
    listed = objects({name: many(schema), "page_info": ref("PageInfo")})
    return {**listed, "required": list(listed["properties"])}


def schemas() -> dict[str, Schema]:
    """What every no is written in, and every page of a list."""
    page = objects(dict.fromkeys(("page", "limit", "items_found", "total_pages"), COUNT))
    return {
        "PageInfo": {**page, "required": list(page["properties"])},
        "FieldError": objects(texts("field rule expected")),
        "ProblemJson": {
            **objects(
                {
                    **texts("title detail"),
                    "status": {"type": "integer", "minimum": 100, "maximum": 600},
                    "errors": many("FieldError"),
                }
            ),
            "required": ["title", "status", "detail"],
        },
    }
