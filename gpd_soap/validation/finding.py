"""Findings about fields: the path of the field, the broken rule, and what was expected.

A finding never repeats the value that was sent, which may be personal data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

Model = TypeVar("Model", bound=BaseModel)


class FieldError(NamedTuple):
    """One finding.

    `field` is a path such as paymentOption[0].transfer[1].iban, or "" for the whole.  `rule` is a
    code for programs, `expected` a phrase for people.
    """

    field: str
    rule: str
    expected: str

    def __str__(self) -> str:
        """Return the finding as one line of a report."""
        return f"{self.field or 'the whole'}: {self.rule}: expected {self.expected}"


#: LIMIT: findings of one body; nobody corrects more than a hundred fields one by one.
MOST = 100

#: Pydantic's error types to our rule and phrase; values in braces come from the rule alone.
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

#: The pattern of a text of digits, with the least and the most of them.
_DIGITS = re.compile(r"\^\[0-9\]\{([0-9]+)(?:,([0-9]+))?\}\$")
# WHY: a field name in a body comes from outside and may be anything, even a person's code.
_NAME = re.compile(r"[A-Za-z_-]{1,40}[0-9]?")
UNNAMED = "?"


def rule_error(rule: str, expected: str) -> PydanticCustomError:
    """Return the error for a validator to raise; `findings` gives its rule and phrase unchanged."""
    return PydanticCustomError("finding", "{expected}", {"rule": rule, "expected": expected})


def findings(error: ValidationError, parent: str = "") -> tuple[FieldError, ...]:
    """Return the findings of a pydantic error, at most MOST; `parent` is the path of the model."""
    details = error.errors(include_url=False, include_input=False)
    return tuple(_finding(detail, parent) for detail in details[:MOST])


def validate(model: type[Model], value: object) -> Model | tuple[FieldError, ...]:
    """Return the value as an instance of `model`, or the findings that refuse it."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        return findings(error)


def as_lines(errors: Iterable[FieldError]) -> str:
    """Return the findings as text, one on each line."""
    return "\n".join(map(str, errors))


def path(*steps: str | int) -> str:
    """Return a field path: names separated by points, indexes in brackets."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text and step else step
    return text


def _finding(detail: Mapping[str, Any], parent: str) -> FieldError:
    field = path(parent, *_steps(detail["loc"]))
    context = detail.get("ctx", {})
    if detail["type"] == "finding":
        return FieldError(field, context["rule"], context["expected"])
    rule, expected = RULES.get(detail["type"], ("value", "another value"))
    digits = _DIGITS.fullmatch(context.get("pattern", ""))
    if digits is not None:
        return FieldError(field, rule, f"{' to '.join(filter(None, digits.groups()))} digits")
    return FieldError(field, rule, expected.format_map(context))


def _steps(location: Sequence[str | int]) -> list[str | int]:
    return [s if isinstance(s, int) or _NAME.fullmatch(s) else UNNAMED for s in location]
