"""One row of a file, checked as far as that goes without a database, and what came of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import ValidationError

from gpd_soap.core.codes import problem_with_fiscal_code_pa
from gpd_soap.core.notice import nav_of_iuv
from gpd_soap.usecases.loading.document import Placed
from gpd_soap.usecases.loading.row import Rename, Row
from gpd_soap.validation import position_v1 as models
from gpd_soap.validation.convert import check
from gpd_soap.validation.finding import FieldError, findings, path

#: LIMIT: an IUPD that is longer is none, and a line of a report has no room for it.
LONGEST_NAME = 255

#: What a file adds to GPD's fields.
ADDED = tuple(str(field.alias) for field in Placed.model_fields.values())

#: An organization, a kind of number (nav, iuv), and the number.
Name = tuple[str, str, str]


class Result(StrEnum):
    """What came of a position."""

    LOADED = "loaded"
    THERE = "already there"
    REFUSED = "refused"


class Outcome(NamedTuple):
    """What came of which position: its notices' numbers, or what refused it.

    `organization` and `iupd` are empty where the file has no sane text for them.
    """

    place: int
    organization: str
    iupd: str
    result: Result
    navs: tuple[str, ...] = ()
    errors: tuple[FieldError, ...] = ()


class Candidate(NamedTuple):
    """A position that passed every check without a database; `place` is its place in the file."""

    place: int
    body: models.Position
    organization: str
    publish: bool
    rename: Rename

    @property
    def names(self) -> dict[str, Name]:
        """The numbers that it brings, which nobody else may have, by the field that says so."""
        found = {}
        for at, option in enumerate(self.body.payment_option):
            if option.iuv is not None:
                nav = option.nav or nav_of_iuv(option.iuv)
                found[path("paymentOption", at, "nav")] = (self.organization, "nav", nav)
                found[path("paymentOption", at, "iuv")] = (self.organization, "iuv", option.iuv)
        return found

    def taken(self, result: Result, navs: tuple[str, ...]) -> Outcome:
        """It is in the store, under these numbers."""
        return Outcome(self.place, self.organization, self.body.iupd, result, navs)

    def refused(self, *errors: FieldError) -> Outcome:
        """It is not taken after all."""
        told = tuple(self.rename(error) for error in errors)
        return Outcome(self.place, self.organization, self.body.iupd, Result.REFUSED, errors=told)


class Checked(NamedTuple):
    """What can be written, or why not; and what a person should look at."""

    what: Candidate | Outcome
    warnings: tuple[FieldError, ...] = ()


def check_row(row: Row, organization: str | None, *, lenient: bool) -> Checked:
    """Take apart what a file adds to GPD's fields, and check both halves.

    `organization` is whose the position is if it does not say; `lenient` is for notice numbers.
    """
    if row.told is None and row.errors:
        return Checked(_refused(row, {}, row.errors))
    fields = row.told if isinstance(row.told, dict) else {}
    added = {name: fields[name] for name in ADDED if name in fields}
    if organization is not None:
        added.setdefault("organization", organization)
    rest = {name: fields[name] for name in fields if name not in ADDED} if fields else row.told
    placed, errors = _placed(added)
    checked = check(rest, placed.organization if placed else "", lenient=lenient)
    errors = row.errors + errors + checked.errors
    if placed is None or checked.body is None or errors:
        return Checked(_refused(row, fields | added, errors), checked.warnings)
    candidate = Candidate(
        row.place, checked.body, placed.organization, placed.to_publish, row.rename
    )
    return Checked(candidate, checked.warnings)


def _placed(added: dict[str, Any]) -> tuple[Placed | None, tuple[FieldError, ...]]:
    try:
        return Placed.model_validate(added), ()
    except ValidationError as error:
        return None, findings(error)


def _refused(row: Row, fields: dict[str, Any], errors: tuple[FieldError, ...]) -> Outcome:
    organization, iupd = fields.get("organization"), fields.get("iupd")
    if not isinstance(organization, str) or problem_with_fiscal_code_pa(organization):
        organization = ""
    if not isinstance(iupd, str) or not iupd.isprintable() or len(iupd) > LONGEST_NAME:
        iupd = ""
    # WHY: a cell may be taken for two fields, and is still wrong once.
    told = tuple(dict.fromkeys(map(row.rename, errors)))
    return Outcome(row.place, organization, iupd, Result.REFUSED, errors=told)
