"""Which columns a CSV file may have: GPD's fields, by their own names.

A transfer's columns begin with `transfer1.` to `transfer5.`; those of the first may go without,
where no field of the position or the option is called the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from gpd_soap.usecases.loading.document import Placed
from gpd_soap.validation.finding import MOST, FieldError, told
from gpd_soap.validation.position_v1 import Option, Position, Stamp, Transfer
from gpd_soap.validation.strict_json import UnusableFile

#: Whose field a column is: the position's, the option's, or that of the transfer of this number.
POSITION, OPTION, TRANSFERS = -1, 0, range(1, 6)
STAMP = "stamp."
ORGANIZATION, CATEGORY = "organization", "category"

#: Lists, and a transfer's own number: no column holds them.
_METADATA = {"transfer_metadata", "payment_option_metadata"}
_APART = {"payment_option", "transfer", "stamp", "id_transfer", *_METADATA}


class Column(NamedTuple):
    """Whose field it holds, the field's name in GPD's JSON, and its type there."""

    level: int
    field: str
    kind: object
    required: bool


def _of(model: type[BaseModel], level: int, prefix: str = "") -> Iterator[Column]:
    for name, field in model.model_fields.items():
        if name not in _APART and not field.exclude:
            alias = f"{prefix}{field.alias}"
            needed = level < 1 or (level == 1 and alias == CATEGORY)
            yield Column(level, alias, field.annotation, needed and field.is_required())


def _columns() -> Iterator[Column]:
    for model, level in ((Placed, POSITION), (Position, POSITION), (Option, OPTION)):
        yield from _of(model, level)
    for number in TRANSFERS:
        yield from _of(Transfer, number)
        yield from _of(Stamp, number, STAMP)


COLUMNS = tuple(_columns())


def name_of(level: int, field: str) -> str:
    """What the column of a field is called in full."""
    return f"transfer{level}.{field}".rstrip(".") if level in TRANSFERS else field


_CALLED = {column.field: column for column in COLUMNS if column.level == 1}
# WHY: last, so that `amount` is the option's and not the transfer's.
_CALLED |= {name_of(column.level, column.field): column for column in COLUMNS}


def header(names: Sequence[str], *, organization: bool) -> tuple[Column, ...]:
    """The columns of a file; UnusableFile for one unknown, twice, or missing.

    `organization` is whether every row must say whose position it is.
    """
    errors = []
    found: list[Column] = []
    for place, name in enumerate(names, 1):
        # WHY: what stands there may be no name at all, but a debtor's: it is not repeated.
        column = _CALLED.get(name)
        if column is None:
            errors.append(FieldError(f"column {place}", "unknown-field", "the name of a field"))
        elif column in found:
            errors.append(FieldError(f"column {place}", "duplicate", "each field once"))
        else:
            found.append(column)
    for column in COLUMNS:
        optional = not column.required or (column.field == ORGANIZATION and not organization)
        if not optional and column not in found:
            errors.append(FieldError(column.field, "required", "a column of this name"))
    if errors:
        raise UnusableFile(told(errors[:MOST]))
    return tuple(found)
