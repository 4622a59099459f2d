"""What the paths and the queries of the admin face may say; nothing is guessed or ignored."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gpd_soap.core import rome
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.validation.fields import FIRST_YEAR, LAST_YEAR, OrganizationCode
from gpd_soap.validation.finding import broken

LONGEST_NUMBER = 9


def _flag(told: object) -> object:
    if told not in ("true", "false", False):
        raise broken("type", "true or false")
    return told in ("true", True)


def _day(told: object) -> object:
    if not isinstance(told, str):
        return told
    try:
        day = rome.parse_day(told)
    except ValueError as error:
        raise broken("date", str(error).removeprefix("expected ")) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise broken("date", f"a day of the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


def _number(told: object) -> object:
    # WHY: pydantic takes "1_000", "+1" and "1.0" for whole numbers too.
    if isinstance(told, str) and not (
        told.isascii() and told.isdigit() and len(told) <= LONGEST_NUMBER
    ):
        raise broken("type", "a whole number")
    return told


Flag = Annotated[bool, BeforeValidator(_flag)]
Day = Annotated[date, BeforeValidator(_day)]
#: To be joined with a range; a whole number as digits and nothing else.
WHOLE = BeforeValidator(_number)


class QueryModel(BaseModel):
    """Text out of a path or a query, each name once and none that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class OfOrganization(QueryModel):
    """Whose they are."""

    organizationfiscalcode: OrganizationCode = Field(description="11 digits")


class NoQuery(QueryModel):
    """No query at all."""


class Paged(QueryModel):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=50), WHOLE] = 10
    page: Annotated[int, Field(ge=0, le=1_000_000), WHOLE] = 0

    def slice(self) -> PageRequest:
        """The same for the store."""
        return PageRequest(self.limit, self.page)
