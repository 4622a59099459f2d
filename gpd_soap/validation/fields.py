"""The types of the fields of a position, each with its limits.

Blanks at the ends of a text are dropped, and its characters are normalized (NFC), before anything
else is checked.  A text that passes can be sent in every answer, because the limits are those of
the published schema.  They are stricter than GPD's.
SPEC: XSD, simple types.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gpd_soap.core import codes, money, rome
from gpd_soap.core.text import clean, invisible
from gpd_soap.validation.finding import rule_error

#: Characters that XML 1.0 cannot carry, and control characters that no notice can show.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TWO_CAPITALS = re.compile(r"[A-Z]{2}")
_TWO_DIGITS = re.compile(r"[0-9]{2}")
#: LIMIT: characters of a date-time; one with a zone and a fraction of a second is shorter.
_LONGEST_DATE = 64
#: LIMIT: years; another year is a typing error, and some databases cannot return it.
FIRST_YEAR, LAST_YEAR = 1900, 2999


class Strict(BaseModel):
    """A model with GPD's names in JSON and ours in Python.

    It converts no type and refuses unknown fields.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        hide_input_in_errors=True,
    )


def _normalized(value: object) -> object:
    """Return a text in NFC without blanks at its ends, and any other value unchanged."""
    return clean(value) if isinstance(value, str) else value


def _printable(text: str) -> str:
    """Return the text.  Raises a finding if it has control characters."""
    if _CONTROLS.search(text):
        raise rule_error("characters", "text that XML can carry, without control characters")
    return text


def _visible(text: str) -> str:
    """Return the text.  Raises a finding if it has an invisible character, and names it."""
    code_point = invisible(text)
    if code_point is not None:
        raise rule_error("characters", f"text without the invisible character {code_point}")
    return text


def _none_if_empty(value: object) -> object:
    # WHY: GPD accepts an empty text and treats it like a missing one.
    return None if _normalized(value) == "" else value


def _integer(value: object) -> object:
    """Return 1000.0 as 1000, and any other value unchanged."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _valid_if(rule: str, problem_with: Callable[[str], str | None]) -> AfterValidator:
    """Return a validator that refuses a text for which `problem_with` returns a problem."""

    def validate(text: str) -> str:
        problem = problem_with(text)
        if problem is not None:
            raise rule_error(rule, problem.removeprefix("expected "))
        return text

    return AfterValidator(validate)


def _iban(text: str) -> str:
    problem = codes.problem_with_iban(text)
    if problem is None:
        return text
    if "checksum" in problem:
        raise rule_error("iban-checksum", "an IBAN whose check digits are right")
    raise rule_error("iban", problem.removeprefix("expected "))


def _base64(text: str) -> str:
    # WHY: libxml2 skips characters outside base64, and the schema wants the last bits to be zero.
    try:
        encoded_again = base64.b64encode(base64.b64decode(text, validate=True)).decode()
    except (binascii.Error, ValueError):
        encoded_again = ""
    if encoded_again != text:
        raise rule_error("base64", "base64 text")
    return text


def _pattern(rule: str, pattern: re.Pattern[str], expected: str) -> AfterValidator:
    return _valid_if(rule, lambda text: None if pattern.fullmatch(text) else expected)


def _instant(read: Callable[[str], datetime]) -> BeforeValidator:
    """Return a validator that converts a text to an instant with `read`."""

    def validate(value: object) -> datetime:
        if not isinstance(value, str) or len(value) > _LONGEST_DATE:
            raise rule_error("type", "a date or a date-time, as text")
        try:
            instant = read(value)
        except ValueError as error:
            raise rule_error("date", str(error).removeprefix("expected ")) from None
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            raise rule_error("date", f"a day of the years {FIRST_YEAR} to {LAST_YEAR}")
        return instant

    return BeforeValidator(validate)


def _first_instant(text: str) -> datetime:
    """Return the instant of a text; a bare date is the beginning of that day in Rome."""
    return rome.parse_instant(text if "T" in text else f"{rome.parse_day(text)}T00:00:00")


_Clean = BeforeValidator(_normalized)
_Printable = AfterValidator(_printable)
_Visible = AfterValidator(_visible)
_NoneIfEmpty = BeforeValidator(_none_if_empty)

Text5 = Annotated[str, Field(min_length=5, max_length=5), _Printable, _Visible, _Clean]
Text16 = Annotated[str, Field(min_length=1, max_length=16), _Printable, _Visible, _Clean]
Text35 = Annotated[str, Field(min_length=1, max_length=35), _Printable, _Visible, _Clean]
Text50 = Annotated[str, Field(min_length=1, max_length=50), _Printable, _Visible, _Clean]
Text70 = Annotated[str, Field(min_length=1, max_length=70), _Printable, _Visible, _Clean]
Text100 = Annotated[str, Field(min_length=1, max_length=100), _Printable, _Visible, _Clean]
Text140 = Annotated[str, Field(min_length=1, max_length=140), _Printable, _Visible, _Clean]
Text255 = Annotated[str, Field(min_length=1, max_length=255), _Printable, _Visible, _Clean]
#: Texts that no program compares: they may have invisible characters, such as a soft hyphen.
Prose140 = Annotated[str, Field(min_length=1, max_length=140), _Printable, _Clean]
Prose500 = Annotated[str, Field(min_length=1, max_length=500), _Printable, _Clean]
Optional16 = Annotated[Text16 | None, _NoneIfEmpty]
Optional35 = Annotated[Text35 | None, _NoneIfEmpty]
Optional70 = Annotated[Text70 | None, _NoneIfEmpty]
Optional140 = Annotated[Text140 | None, _NoneIfEmpty]

#: The id of a position; it must fit into a URL path.
_IUPD = re.compile(r"(?!\.{1,2}\Z)[^/]+")
Iupd = Annotated[Text255, _pattern("characters", _IUPD, "a name without /, and not . or ..")]

Email = Annotated[str, _valid_if("email", codes.problem_with_email), _Clean]
OptionalEmail = Annotated[Email | None, _NoneIfEmpty]
Country = Annotated[str, _valid_if("country", codes.problem_with_country), _Clean]
OptionalCountry = Annotated[Country | None, _NoneIfEmpty]

DebtorCode = Annotated[str, Field(min_length=2, max_length=16), _Printable, _Visible, _Clean]
OrganizationCode = Annotated[
    str, _valid_if("organization-code", codes.problem_with_fiscal_code_pa), _Clean
]
Category = Annotated[Text140, _valid_if("category", codes.problem_with_taxonomy)]
Iban = Annotated[str, AfterValidator(_iban), _Clean]
Hash = Annotated[str, Field(min_length=4, max_length=72), AfterValidator(_base64), _Clean]
Province = Annotated[str, _pattern("province", _TWO_CAPITALS, "2 capital letters"), _Clean]
Segregation = Annotated[str, _pattern("segregation-code", _TWO_DIGITS, "2 digits"), _Clean]

Cents = Annotated[int, Field(ge=money.MIN, le=money.MAX_CENTS), BeforeValidator(_integer)]
Fee = Annotated[int, Field(ge=0, le=money.MAX_CENTS), BeforeValidator(_integer)]
Until = Annotated[datetime, _instant(rome.due_instant)]
Since = Annotated[datetime, _instant(_first_instant)]

#: A field that GPD sends in answers and ignores in requests, whatever its value.
ReadOnly = Annotated[Any, Field(exclude=True)]
