"""Refusals of several positions in one request, with the field path of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from gpd_soap.usecases.refusals import Refusal
from gpd_soap.validation.finding import FieldError, path

T = TypeVar("T")
R = TypeVar("R")


def refuse_together(items: Iterable[T], rule: Callable[[T], R], list_name: str | None) -> list[R]:
    """Returns what `rule` returns of each item.

    If it refuses some, raises the first refusal, with the errors of all refusals of its type.
    `list_name` is the field of the list, None for a single item.
    """
    results: list[R] = []
    refused: list[tuple[int, Refusal]] = []
    for index, item in enumerate(items):
        try:
            results.append(rule(item))
        except Refusal as refusal:
            refused.append((index, refusal))
    if refused:
        first = type(refused[0][1])
        alike = [(index, refusal) for index, refusal in refused if type(refusal) is first]
        raise first([error for index, each in alike for error in _errors(list_name, index, each)])
    return results


def with_index(list_name: str | None, index: int, errors: Iterable[FieldError]) -> list[FieldError]:
    """Returns the errors of one item, with paths from the top of the request.

    `list_name` is the field of the list, None for a single item, whose paths stay as they are.
    """
    if list_name is None:
        return list(errors)
    return [each._replace(field=join_path(path(list_name, index), each.field)) for each in errors]


def join_path(prefix: str, field: str) -> str:
    """Returns the path of a field below `prefix`; either may be empty."""
    return f"{prefix}.{field}" if prefix and field else prefix + field


def _errors(list_name: str | None, index: int, refusal: Refusal) -> list[FieldError]:
    """Returns the errors of a refusal; a refusal without any names the position itself."""
    if list_name is None or refusal.errors:
        return with_index(list_name, index, refusal.errors)
    return [FieldError(path(list_name, index), "state", "a position in another state")]
