"""Models that take what GPD takes: fields of its answers, and numbers in place of texts."""

from __future__ import annotations

from functools import cache
from typing import ClassVar, Literal, get_args, get_origin

from pydantic import model_validator

from gpd_soap.core.text import clean
from gpd_soap.validation.fields import Strict


class GpdModel(Strict):
    """A model of GPD's API.

    A field in `read_only` is dropped, whatever its value, so that an answer can be sent back.  A
    whole number is taken for a text, as GPD's JSON library takes it.  A boolean is taken for no
    text, and neither a text nor a number for a boolean.  GPD takes them, so that a value in the
    wrong field passes there.
    """

    read_only: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _as_gpd_reads(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        texts = _texts(cls)
        return {
            name: _text(each) if name in texts else each
            for name, each in value.items()
            if name not in cls.read_only
        }


@cache
def _texts(model: type[GpdModel]) -> frozenset[str]:
    """Return the JSON names of the fields whose value is a text."""
    fields = model.model_fields.values()
    return frozenset(str(field.alias) for field in fields if _is_text(field.annotation))


def _is_text(annotation: object) -> bool:
    """Return whether a type is `str`, a choice of texts, or one of them or None."""
    if get_origin(annotation) is Literal:
        return isinstance(get_args(annotation)[0], str)
    return annotation is str or (
        get_origin(annotation) is not list and any(map(_is_text, get_args(annotation)))
    )


def _text(value: object) -> object:
    """Return a whole number as text, and a text without blanks at its ends."""
    if type(value) is int:
        return str(value)
    return clean(value) if isinstance(value, str) else value
