"""A position as some file tells it, whatever the file's format."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gpd_soap.validation.finding import FieldError

Rename = Callable[[FieldError], FieldError]


def _as_it_is(finding: FieldError) -> FieldError:
    return finding


class Row(NamedTuple):
    """Where it stands, what it says in GPD's JSON, and what keeps it from being looked at.

    `rename` tells a finding about the JSON in the words of the file.
    """

    place: int
    told: object
    errors: tuple[FieldError, ...] = ()
    rename: Rename = _as_it_is
