"""Several positions at a time: refused together, each by its place in the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from gpd_soap.usecases.refusals import Refusal
from gpd_soap.validation.finding import FieldError, path

T = TypeVar("T")
R = TypeVar("R")


def refuse_together(items: Iterable[T], rule: Callable[[T], R], place: str | None) -> list[R]:
    """What a rule says of each; Refusal with all that the rule refuses as it does the first."""
    kept: list[R] = []
    refused: list[tuple[int, Refusal]] = []
    for at, item in enumerate(items):
        try:
            kept.append(rule(item))
        except Refusal as no:
            refused.append((at, no))
    if refused:
        first = type(refused[0][1])
        alike = [(at, no) for at, no in refused if type(no) is first]
        raise first([error for at, no in alike for error in _errors(place, at, no)])
    return kept


def with_index(place: str | None, at: int, found: Iterable[FieldError]) -> list[FieldError]:
    """What was found in one of several, by its place in the whole; None says that it is all."""
    if place is None:
        return list(found)
    return [each._replace(field=join_path(path(place, at), each.field)) for each in found]


def join_path(place: str, field: str) -> str:
    """A field of what is at a place; either may be the whole."""
    return f"{place}.{field}" if place and field else place + field


def _errors(place: str | None, at: int, refused: Refusal) -> list[FieldError]:
    if place is None or refused.errors:
        return with_index(place, at, refused.errors)
    return [FieldError(path(place, at), "state", "a position in another state")]
