"""Models of the queries of notices and of the search."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from gpd_soap.core.searching.folding import fold
from gpd_soap.core.searching.text_kinds import SHORTEST_NAME, notice_readings
from gpd_soap.store.positions.notices import NoticeFilter, NoticeKey
from gpd_soap.validation.fields import Text16, Text70, Text255
from gpd_soap.validation.finding import rule_error
from gpd_soap.validation.queries import cursors
from gpd_soap.validation.queries.common import WHOLE, QueryModel

#: LIMIT: 100 notices of a page, as many as a person reads at once.
MOST_NOTICES = 100
Limit = Annotated[int, Field(ge=1, le=MOST_NOTICES), WHOLE]


def _cursor(text: str) -> str:
    try:
        cursors.notice_key(text)
    except ValueError:
        raise rule_error("cursor", "`next_cursor` of the page before") from None
    return text


def _number(text: str) -> str:
    if not notice_readings(text):
        raise rule_error("number", "a notice number, an IUV, or the text of its code")
    return text


def _name(text: str) -> str:
    if len(fold(text)) < SHORTEST_NAME:
        raise rule_error("length", f"{SHORTEST_NAME} letters at least")
    return text


class NoticesQuery(QueryModel):
    """The query of a page of notices: of a debtor, of a name, of a number, or of everything."""

    debtor_code: Text16 | None = Field(None, alias="debtorCode")
    name: Annotated[Text70, AfterValidator(_name)] | None = Field(
        None, description="the beginning of a name; accents, case and blanks do not matter"
    )
    nav: Annotated[Text255, AfterValidator(_number)] | None = Field(
        None, description="notice number or IUV, also with blanks, or the text of its code"
    )
    limit: Limit = 20
    cursor: Annotated[str, Field(max_length=cursors.LONGEST), AfterValidator(_cursor)] | None = (
        Field(None, description="`next_cursor` of the page before")
    )

    @model_validator(mode="after")
    def _has_one_filter(self) -> Self:
        if sum(each is not None for each in (self.debtor_code, self.name, self.nav)) > 1:
            raise rule_error("exclusive", "debtorCode, name or nav, one of them")
        return self

    def listing(self) -> NoticeFilter:
        """Returns the list as the store reads it."""
        return NoticeFilter(debtor_code=self.debtor_code, name=self.name)

    @property
    def after(self) -> NoticeKey | None:
        """The key after which the page begins."""
        return None if self.cursor is None else cursors.notice_key(self.cursor)


class SearchQuery(QueryModel):
    """The query of a search: a text that was typed or scanned."""

    text: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="notice number, IUV, fiscal code, name, IUPD, receipt, case, or a printed code"
    )
    limit: Limit = 20
