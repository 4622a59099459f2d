"""What is wrong with a field, as a value: where, which rule, and what was expected.

A finding never repeats what was sent, which may be personal data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

Model = TypeVar("Model", bound=BaseModel)


class FieldError(NamedTuple):
    """One finding; `field` is a path such as paymentOption[0].transfer[1].iban, "" for the whole.

    `rule` is a word for programs, `expected` a phrase for people.
    """

    field: str
    rule: str
    expected: str

    def __str__(self) -> str:
        """One line, as a report shows it."""
        return f"{self.field or 'the whole'}: {self.rule}: expected {self.expected}"


#: LIMIT: a body with a hundred mistakes is not one that a person corrects field by field.
MOST = 100

#: Pydantic's words and ours; what stands in braces comes from the rule, never from the input.
RULES = {
    "missing": ("required", "a value"),
    "extra_forbidden": ("unknown-field", "no field of this name"),
    "invalid_key": ("unknown-field", "no field of this name"),
    "string_type": ("type", "text"),
    "string_unicode": ("characters", "text that XML can carry, without control characters"),
    "string_too_short": ("length", "a length of at least {min_length}"),
    "string_too_long": ("length", "a length of at most {max_length}"),
    "string_pattern_mismatch": ("pattern", "the form {pattern}"),
    "int_type": ("type", "a whole number, not in quotes"),
    "bool_type": ("type", "true or false, not in quotes"),
    "list_type": ("type", "a list"),
    "dict_type": ("type", "an object"),
    "model_type": ("type", "an object"),
    "too_short": ("count", "at least {min_length}"),
    "too_long": ("count", "at most {max_length}"),
    "greater_than_equal": ("range", "at least {ge}"),
    "less_than_equal": ("range", "at most {le}"),
    "literal_error": ("choice", "{expected}"),
}

# WHY: a name in a body came from outside and may be anything, a person's code included.
_NAME = re.compile(r"[A-Za-z_-]{1,40}[0-9]?")
UNNAMED = "?"


def broken(rule: str, expected: str) -> PydanticCustomError:
    """What a validator raises; it comes out of `findings` as it was said here."""
    return PydanticCustomError("finding", "{expected}", {"rule": rule, "expected": expected})


def findings(error: ValidationError, at: str = "") -> tuple[FieldError, ...]:
    """What pydantic found, in our words; `at` is where in a larger thing it looked."""
    found = error.errors(include_url=False, include_input=False)
    return tuple(_finding(detail, at) for detail in found[:MOST])


def taken(model: type[Model], told: object) -> Model | tuple[FieldError, ...]:
    """What was told as a model reads it, or everything that is wrong with it."""
    try:
        return model.model_validate(told)
    except ValidationError as error:
        return findings(error)


def told(errors: Iterable[FieldError]) -> str:
    """Findings as a person reads them, one on a line."""
    return "\n".join(map(str, errors))


def path(*steps: str | int) -> str:
    """Write a place as a person would: names with points between, places in brackets."""
    written = ""
    for step in steps:
        if isinstance(step, int):
            written += f"[{step}]"
        else:
            written += f".{step}" if written and step else step
    return written


def _finding(detail: Mapping[str, Any], at: str) -> FieldError:
    field = path(at, *_steps(detail["loc"]))
    context = detail.get("ctx", {})
    if detail["type"] == "finding":
        return FieldError(field, context["rule"], context["expected"])
    rule, expected = RULES.get(detail["type"], ("value", "another value"))
    return FieldError(field, rule, expected.format_map(context))


def _steps(location: Sequence[str | int]) -> list[str | int]:
    return [s if isinstance(s, int) or _NAME.fullmatch(s) else UNNAMED for s in location]
