"""Models of paths and queries that several routes of the admin API use."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gpd_soap.core import rome
from gpd_soap.store.database.paging import PageRequest
from gpd_soap.validation.fields import FIRST_YEAR, LAST_YEAR, OrganizationCode
from gpd_soap.validation.finding import rule_error

#: LIMIT: digits of a number in a query; no range allows more.
LONGEST_NUMBER = 9


#: SPEC: Spring, `StringToBooleanConverter`: the texts of a boolean parameter, in any case.
TRUE, FALSE = frozenset({"true", "on", "yes", "1"}), frozenset({"false", "off", "no", "0"})


def truth(text: str) -> bool | None:
    """Return the boolean that a text of a query means, or None if it means none."""
    word = text.strip(" ").lower()
    return True if word in TRUE else False if word in FALSE else None


def _flag(text: object) -> object:
    value = truth(text) if isinstance(text, str) else text
    if not isinstance(value, bool):
        raise rule_error("type", "true or false")
    return value


def _day(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        day = rome.parse_day(text)
    except ValueError as error:
        raise rule_error("date", str(error).removeprefix("expected ")) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise rule_error("date", f"a day of the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


def _number(text: object) -> object:
    # WHY: pydantic reads "1_000", "+1" and "1.0" as whole numbers too.
    if isinstance(text, str) and not (
        text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    ):
        raise rule_error("type", "a whole number")
    return text


Flag = Annotated[bool, BeforeValidator(_flag)]
Day = Annotated[date, BeforeValidator(_day)]
#: Refuses a number that is not written in digits alone; used together with a range.
WHOLE = BeforeValidator(_number)


class QueryModel(BaseModel):
    """Text of a path or a query; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @classmethod
    def model_json_schema(
        cls,
        *arguments: Any,  # noqa: ANN401  # pydantic's own, which nothing here reads
        **named: Any,  # noqa: ANN401  # as above
    ) -> dict[str, Any]:
        """Return the JSON schema, as pydantic does; that without arguments must not be changed."""
        return super().model_json_schema(*arguments, **named) if arguments or named else _plain(cls)


# WHY: flask-openapi asks for it at every request, and it takes up to a millisecond to make.
@cache
def _plain(model: type[QueryModel]) -> dict[str, Any]:
    """Return the JSON schema of a model as it is without arguments."""
    return super(QueryModel, model).model_json_schema()


class OrganizationPath(QueryModel):
    """A path that names an organization."""

    organizationfiscalcode: OrganizationCode = Field(description="11 digits")


class NoQuery(QueryModel):
    """The query of a route that takes none."""


Codes = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{2}(,[0-9]{2})*$",
        max_length=299,
        description="codes of two digits, separated by commas",
    ),
]


class SegregationCodes(QueryModel):
    """A query with the segregation codes that the caller may see; without any, all."""

    segregation_codes: Codes | None = Field(None, alias="segregationCodes")

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes as a tuple."""
        return tuple(self.segregation_codes.split(",")) if self.segregation_codes else ()


class Paged(QueryModel):
    """A query for one page of a list."""

    limit: Annotated[int, Field(ge=1, le=50), WHOLE] = 10
    page: Annotated[int, Field(ge=0, le=1_000_000), WHOLE] = 0

    def slice(self) -> PageRequest:
        """Return the page as the store reads it."""
        return PageRequest(self.limit, self.page)
