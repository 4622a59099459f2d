"""A position as a file gives it, in any format."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gpd_soap.validation.finding import FieldError

Rename = Callable[[FieldError], FieldError]


def _unchanged(finding: FieldError) -> FieldError:
    return finding


class Row(NamedTuple):
    """A position of a file, not yet checked.

    `row_number` is the line of its first row, or the index in `positions` of a JSON document.
    `body` is its value in GPD's JSON, None if it cannot be read; `errors` are those of the format.
    `rename` translates a finding about the JSON to the columns of the file.
    """

    row_number: int
    body: object
    errors: tuple[FieldError, ...] = ()
    rename: Rename = _unchanged
