"""Checks a row of a file without a database; and the outcome of each row."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import ValidationError

from gpd_soap.core.codes import problem_with_fiscal_code_pa
from gpd_soap.core.notice import nav_of_iuv
from gpd_soap.usecases.loading.document import AddedFields
from gpd_soap.usecases.loading.row import Rename, Row
from gpd_soap.validation import position_v1
from gpd_soap.validation.convert import check
from gpd_soap.validation.finding import FieldError, findings, path

#: LIMIT: characters of an IUPD; a longer one is invalid and would not fit a line of a report.
LONGEST_IUPD = 255

#: The names of the fields of a position beside GPD's own.
ADDED = tuple(str(field.alias) for field in AddedFields.model_fields.values())

#: An organization, a kind of number (nav, iuv), and the number.
NumberKey = tuple[str, str, str]


class Result(StrEnum):
    """The result of a position."""

    LOADED = "loaded"
    ALREADY_LOADED = "already there"
    REFUSED = "refused"


class Outcome(NamedTuple):
    """The result of a position, with its notice numbers or its errors, and the warnings about it.

    `organization` and `iupd` are empty if the file has no valid text for them.
    """

    row_number: int
    organization: str
    iupd: str
    result: Result
    navs: tuple[str, ...] = ()
    errors: tuple[FieldError, ...] = ()
    warnings: tuple[FieldError, ...] = ()


class Candidate(NamedTuple):
    """A position that passed every check without a database."""

    row_number: int
    body: position_v1.Position
    organization: str
    publish: bool
    rename: Rename

    @property
    def numbers(self) -> dict[str, NumberKey]:
        """The numbers in the body, which no other option may have, by the path of their field."""
        numbers = {}
        for index, option in enumerate(self.body.payment_option):
            if option.iuv is not None:
                nav = option.nav or nav_of_iuv(option.iuv)
                numbers[path("paymentOption", index, "nav")] = (self.organization, "nav", nav)
                numbers[path("paymentOption", index, "iuv")] = (
                    self.organization,
                    "iuv",
                    option.iuv,
                )
        return numbers

    def accepted(self, result: Result, navs: tuple[str, ...]) -> Outcome:
        """Return the outcome of a position that is stored, with its notice numbers."""
        return Outcome(self.row_number, self.organization, self.body.iupd, result, navs)

    def refused(self, *errors: FieldError) -> Outcome:
        """Return the outcome of a position that these errors refuse."""
        renamed = tuple(self.rename(error) for error in errors)
        return Outcome(
            self.row_number, self.organization, self.body.iupd, Result.REFUSED, errors=renamed
        )


class Checked(NamedTuple):
    """The result of a check: a position to write, or the outcome of a refused one; and warnings."""

    value: Candidate | Outcome
    warnings: tuple[FieldError, ...] = ()


def check_row(row: Row, organization: str | None, *, lenient: bool) -> Checked:
    """Return the result of checking a row: the added fields, and GPD's fields.

    `organization` is the creditor if the row names none.  With `lenient`, a strange notice number
    is only a warning.
    """
    if row.body is None and row.errors:
        return Checked(_refused(row, {}, row.errors))
    fields = row.body if isinstance(row.body, dict) else {}
    added = {name: fields[name] for name in ADDED if name in fields}
    if organization is not None:
        added.setdefault("organization", organization)
    rest = {name: fields[name] for name in fields if name not in ADDED} if fields else row.body
    added_fields, errors = _added_fields(added)
    checked = check(rest, added_fields.organization if added_fields else "", lenient=lenient)
    errors = row.errors + errors + checked.errors
    warnings = tuple(map(row.rename, checked.warnings))
    if added_fields is None or checked.body is None or errors:
        return Checked(_refused(row, fields | added, errors), warnings)
    candidate = Candidate(
        row.row_number,
        checked.body,
        added_fields.organization,
        added_fields.to_publish,
        row.rename,
    )
    return Checked(candidate, warnings)


def _added_fields(added: dict[str, Any]) -> tuple[AddedFields | None, tuple[FieldError, ...]]:
    try:
        return AddedFields.model_validate(added), ()
    except ValidationError as error:
        return None, findings(error)


def _refused(row: Row, fields: dict[str, Any], errors: tuple[FieldError, ...]) -> Outcome:
    organization, iupd = fields.get("organization"), fields.get("iupd")
    if not isinstance(organization, str) or problem_with_fiscal_code_pa(organization):
        organization = ""
    if not isinstance(iupd, str) or not iupd.isprintable() or len(iupd) > LONGEST_IUPD:
        iupd = ""
    # WHY: one cell may be the value of two fields, and its error is reported once.
    renamed = tuple(dict.fromkeys(map(row.rename, errors)))
    return Outcome(row.row_number, organization, iupd, Result.REFUSED, errors=renamed)
