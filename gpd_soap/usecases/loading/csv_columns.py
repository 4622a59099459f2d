"""The columns that a CSV file may have: GPD's fields, with GPD's names.

The columns of a transfer begin with `transfer1.` to `transfer5.`.  Those of the first may omit it
if no field of the position or the option has the same name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, get_args

from pydantic import BaseModel

from gpd_soap.usecases.loading.document import AddedFields
from gpd_soap.validation.finding import MOST, FieldError, as_lines
from gpd_soap.validation.position_v1 import Option, Position, Stamp, Transfer
from gpd_soap.validation.strict_json import UnusableFile

#: The level of a column: the position, the option, or the number of a transfer.
POSITION, OPTION, TRANSFERS = -1, 0, range(1, 6)
STAMP = "stamp."
ORGANIZATION, CATEGORY = "organization", "category"

#: Fields without a column: lists, objects, and the number of a transfer.
_METADATA = {"transfer_metadata", "payment_option_metadata"}
_NO_COLUMN = {"payment_option", "transfer", "stamp", "id_transfer", *_METADATA}


class Column(NamedTuple):
    """A column: its level, the name of its field in GPD's JSON, and the type of the field."""

    level: int
    field: str
    kind: object
    required: bool


def _of(model: type[BaseModel], level: int, prefix: str = "") -> Iterator[Column]:
    for name, field in model.model_fields.items():
        if name not in _NO_COLUMN and not field.exclude:
            alias = f"{prefix}{field.alias}"
            needed = level < 1 or (level == 1 and alias == CATEGORY)
            yield Column(level, alias, _plain(field.annotation), needed and field.is_required())


def _plain(annotation: object) -> object:
    """Return the type without its limits and without None: `datetime` for an optional due date."""
    limited = next(iter(get_args(annotation)), annotation)
    return getattr(limited, "__origin__", limited)


def _columns() -> Iterator[Column]:
    for model, level in ((AddedFields, POSITION), (Position, POSITION), (Option, OPTION)):
        yield from _of(model, level)
    for number in TRANSFERS:
        yield from _of(Transfer, number)
        yield from _of(Stamp, number, STAMP)


COLUMNS = tuple(_columns())


def name_of(level: int, field: str) -> str:
    """Return the full name of the column of a field."""
    return f"transfer{level}.{field}".rstrip(".") if level in TRANSFERS else field


_BY_NAME = {column.field: column for column in COLUMNS if column.level == 1}
# WHY: full names come last, so that `amount` is the option's and not the transfer's.
_BY_NAME |= {name_of(column.level, column.field): column for column in COLUMNS}


def by_name(name: str) -> Column | None:
    """Return the column of this name, or None."""
    return _BY_NAME.get(name)


def header(names: Sequence[str], *, organization: bool) -> tuple[Column, ...]:
    """Return the columns of a header.

    With `organization`, the column of that name is required.
    Raises UnusableFile if a column is unknown, repeated or missing.
    """
    errors = []
    columns: list[Column] = []
    for number, name in enumerate(names, 1):
        # WHY: a file without a header has personal data here, so the error does not repeat it.
        column = _BY_NAME.get(name)
        if column is None:
            errors.append(FieldError(f"column {number}", "unknown-field", "the name of a field"))
        elif column in columns:
            errors.append(FieldError(f"column {number}", "duplicate", "each field once"))
        else:
            columns.append(column)
    for column in COLUMNS:
        optional = not column.required or (column.field == ORGANIZATION and not organization)
        if not optional and column not in columns:
            errors.append(FieldError(column.field, "required", "a column of this name"))
    if errors:
        raise UnusableFile(as_lines(errors[:MOST]))
    return tuple(columns)
