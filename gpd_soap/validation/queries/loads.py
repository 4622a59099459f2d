"""Models of paths, queries and bodies of loads."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gpd_soap.store.loads.loads import LoadKey
from gpd_soap.store.loads.rows import FindingKey
from gpd_soap.validation.fields import Prose140, Strict
from gpd_soap.validation.finding import rule_error
from gpd_soap.validation.queries import cursors
from gpd_soap.validation.queries.common import WHOLE, Flag, OrganizationPath, QueryModel

#: LIMIT: lines on a page; a finding is short.
MOST_LINES = 1000


def _check_load_cursor(text: str) -> str:
    try:
        cursors.load_key(text)
    except ValueError:
        raise rule_error("cursor", "`next_cursor` of the page before") from None
    return text


def _check_line_cursor(text: str) -> str:
    try:
        cursors.line_key(text)
    except ValueError:
        raise rule_error("cursor", "`next_cursor` of the page before") from None
    return text


LoadCursor = Annotated[str, Field(max_length=cursors.LONGEST), AfterValidator(_check_load_cursor)]
LineCursor = Annotated[str, Field(max_length=cursors.LONGEST), AfterValidator(_check_line_cursor)]


class LoadPath(OrganizationPath):
    """A path that names a load."""

    id: Annotated[str, Field(pattern=r"^load_[0-9a-f]{32}$")]


class SentFile(QueryModel):
    """How a file that is sent is called."""

    name: Annotated[str, Field(min_length=1, max_length=255)] = "file"


class LoadsOf(QueryModel):
    """A query for one page of loads."""

    limit: Annotated[int, Field(ge=1, le=50), WHOLE] = 10
    cursor: LoadCursor | None = None

    @property
    def after(self) -> LoadKey | None:
        """The key after which the page begins."""
        return None if self.cursor is None else cursors.load_key(self.cursor)


class LoadLinesOf(QueryModel):
    """A query for lines of a load: its positions, or what refuses them, or what warns."""

    refused: Flag = False
    warnings: Flag = False
    limit: Annotated[int, Field(ge=1, le=MOST_LINES), WHOLE] = 100
    cursor: LineCursor | None = None

    @model_validator(mode="after")
    def _is_one_list(self) -> Self:
        if self.refused and self.warnings:
            raise rule_error("exclusive", "refused or warnings")
        return self

    @property
    def after(self) -> FindingKey | None:
        """The key after which the page begins."""
        return None if self.cursor is None else cursors.line_key(self.cursor)


class LoadAnswers(Strict):
    """How a file is read, where it does not say so itself; null removes a value for all rows."""

    amounts: Literal["cents", "euro"] | None = None
    dates: Literal["iso", "day"] | None = None
    category: Prose140 | None = None
    iban: Prose140 | None = None
    description: Prose140 | None = None
    due_date: Prose140 | None = None
    to_publish: bool | None = None
    switch_to_expired: bool | None = None

    @property
    def constants(self) -> tuple[tuple[str, str], ...]:
        """GPD's name and the text of each value for all rows, an empty one for a removed value."""
        given = self.model_dump(by_alias=True, exclude_unset=True, exclude={"amounts", "dates"})
        return tuple((name, _text(value)) for name, value in given.items())


def _text(value: str | bool | None) -> str:  # noqa: FBT001  # a value of JSON
    if isinstance(value, bool):
        return "true" if value else "false"
    return value or ""


class Confirmation(Strict):
    """The reading of the trial, by which the positions are stored."""

    reading: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class TakingBack(Strict):
    """Whether positions are deleted with their numbers, or withdrawn and still shown."""

    way: Literal["delete", "withdraw"]
