"""The kinds of field that a position is made of, each with its limits.

A text that passes can be said in every answer: the limits are the contract's (spec/pagopa-ec.md
1.0), the rest is DESIGN 6, "stricter than GPD".
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
from gpd_soap.validation.finding import broken

#: What XML 1.0 cannot carry, and the controls that it can and nobody wants on a notice.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TWO_CAPITALS = re.compile(r"[A-Z]{2}")
_TWO_DIGITS = re.compile(r"[0-9]{2}")
#: LIMIT: a date-time with a zone and a fraction of a second is shorter.
_LONGEST_DATE = 64
#: LIMIT: a year out of these is a slip of the pen, and some databases cannot give it back.
FIRST_YEAR, LAST_YEAR = 1900, 2999


class Strict(BaseModel):
    """GPD's JSON names outside, ours inside; nothing is guessed, converted or ignored."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        hide_input_in_errors=True,
    )


def _sayable(text: str) -> str:
    if _CONTROLS.search(text):
        raise broken("characters", "text that XML can carry, without control characters")
    if text != text.strip():
        raise broken("blank", "text, without blanks at its ends")
    return text


def _no_empty(told: object) -> object:
    # SPEC: gpd-reference.md 4.4: GPD takes an empty text and sends none, as if it were not there.
    return None if told == "" else told


def _held(rule: str, problem_with: Callable[[str], str | None]) -> AfterValidator:
    """A validator out of a function that says what keeps a value out."""

    def hold(text: str) -> str:
        problem = problem_with(text)
        if problem is not None:
            raise broken(rule, problem.removeprefix("expected "))
        return text

    return AfterValidator(hold)


def _iban(text: str) -> str:
    problem = codes.problem_with_iban(text)
    if problem is None:
        return text
    if "checksum" in problem:
        raise broken("iban-checksum", "an IBAN whose check digits are right")
    raise broken("iban", problem.removeprefix("expected "))


def _base64(text: str) -> str:
    # WHY: libxml2 skips what is not base64, and the schema wants the last bits to be zero.
    try:
        written_again = base64.b64encode(base64.b64decode(text, validate=True)).decode()
    except (binascii.Error, ValueError):
        written_again = ""
    if written_again != text:
        raise broken("base64", "base64 text")
    return text


def _pattern(rule: str, pattern: re.Pattern[str], expected: str) -> AfterValidator:
    return _held(rule, lambda text: None if pattern.fullmatch(text) else expected)


def _instant(read: Callable[[str], datetime]) -> BeforeValidator:
    def take(told: object) -> datetime:
        if not isinstance(told, str) or len(told) > _LONGEST_DATE:
            raise broken("type", "a date or a date-time, as text")
        try:
            instant = read(told)
        except ValueError as error:
            raise broken("date", str(error).removeprefix("expected ")) from None
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            raise broken("date", f"a day of the years {FIRST_YEAR} to {LAST_YEAR}")
        return instant

    return BeforeValidator(take)


def _from(text: str) -> datetime:
    """Since when: a bare date is the beginning of that day in Rome."""
    return rome.parse_instant(text if "T" in text else f"{rome.parse_day(text)}T00:00:00")


_Sayable = AfterValidator(_sayable)
_Emptiable = BeforeValidator(_no_empty)

Text5 = Annotated[str, Field(min_length=5, max_length=5), _Sayable]
Text16 = Annotated[str, Field(min_length=1, max_length=16), _Sayable]
Text35 = Annotated[str, Field(min_length=1, max_length=35), _Sayable]
Text50 = Annotated[str, Field(min_length=1, max_length=50), _Sayable]
Text70 = Annotated[str, Field(min_length=1, max_length=70), _Sayable]
Text100 = Annotated[str, Field(min_length=1, max_length=100), _Sayable]
Text140 = Annotated[str, Field(min_length=1, max_length=140), _Sayable]
Text255 = Annotated[str, Field(min_length=1, max_length=255), _Sayable]
Text500 = Annotated[str, Field(min_length=1, max_length=500), _Sayable]
Optional16 = Annotated[Text16 | None, _Emptiable]
Optional35 = Annotated[Text35 | None, _Emptiable]
Optional70 = Annotated[Text70 | None, _Emptiable]
Optional140 = Annotated[Text140 | None, _Emptiable]

#: What a position is called; a path must be able to name it.
_IUPD = re.compile(r"(?!\.{1,2}\Z)[^/]+")
Iupd = Annotated[Text255, _pattern("characters", _IUPD, "a name without /, and not . or ..")]

Email = Annotated[str, _held("email", codes.problem_with_email)]
OptionalEmail = Annotated[Email | None, _Emptiable]
Country = Annotated[str, _held("country", codes.problem_with_country)]
OptionalCountry = Annotated[Country | None, _Emptiable]

DebtorCode = Annotated[str, Field(min_length=2, max_length=16), _Sayable]
OrganizationCode = Annotated[str, _held("organization-code", codes.problem_with_fiscal_code_pa)]
Category = Annotated[Text140, _held("category", codes.problem_with_taxonomy)]
Iban = Annotated[str, AfterValidator(_iban)]
Hash = Annotated[str, Field(min_length=4, max_length=72), AfterValidator(_base64)]
Province = Annotated[str, _pattern("province", _TWO_CAPITALS, "2 capital letters")]
Segregation = Annotated[str, _pattern("segregation-code", _TWO_DIGITS, "2 digits")]

Cents = Annotated[int, Field(ge=money.MIN, le=money.MAX_CENTS)]
Until = Annotated[datetime, _instant(rome.due_instant)]
Since = Annotated[datetime, _instant(_from)]

#: A field that GPD answers with and takes no word on: whatever is sent is let go.
ReadOnly = Annotated[Any, Field(exclude=True)]
