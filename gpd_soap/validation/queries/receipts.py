"""Models of paths, queries and bodies of receipts and of the worklist."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gpd_soap.store.receipts import history, worklist
from gpd_soap.validation.fields import Prose500, Strict, Text16, Text35
from gpd_soap.validation.finding import rule_error
from gpd_soap.validation.queries.common import (
    WHOLE,
    OrganizationPath,
    Paged,
    QueryModel,
    SegregationCodes,
    truth,
)

Nav = Annotated[str, Field(pattern=r"^[0-9]{1,30}$", description="a notice number")]
Moment = Annotated[str, Field(description="a date or a date-time, in Rome")]


class ReceiptPath(OrganizationPath):
    """A path that names a receipt by its IUV."""

    iuv: Text35


class ReceiptSearch(SegregationCodes):
    """A query for one page of receipts."""

    page_num: Annotated[int, Field(ge=0, le=1_000_000), WHOLE] = Field(0, alias="pageNum")
    page_size: Annotated[int, Field(ge=1, le=100), WHOLE] = Field(20, alias="pageSize")
    debtor: Text16 | None = Field(None, description="the debtor's code")
    service: Text35 | None = Field(None, description="the first digits of the IUV")
    since: Moment | None = Field(None, alias="from")
    until: Moment | None = Field(None, alias="to")
    debtor_or_iuv: Text35 | None = Field(
        None,
        alias="debtorOrIuv",
        description="the first characters of the debtor's code or the IUV",
    )


class WorklistPath(QueryModel):
    """A path to the worklist of receipts that name no registered organization."""

    @property
    def scope(self) -> worklist.Scope:
        """None: the worklist belongs to no organization."""
        return None


class CasePath(WorklistPath):
    """A path that names a case of a worklist."""

    id: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_~][A-Za-z0-9_~.-]{0,399}$",
            description="the id that the list shows",
        ),
    ]


class OrganizationWorklistPath(WorklistPath, OrganizationPath):
    """A path to the worklist of an organization."""

    @property
    def scope(self) -> worklist.Scope:
        """The organization of the worklist."""
        return self.organizationfiscalcode


class OrganizationCasePath(OrganizationWorklistPath, CasePath):
    """A path that names a case of an organization's worklist."""


class ReceiptsOf(Paged):
    """A query for every receipt of a notice, of an IUV or of a receiptId."""

    nav: Nav | None = None
    iuv: Text35 | None = None
    receipt_id: Prose500 | None = Field(None, alias="receiptId", description="the Node's id")

    @model_validator(mode="after")
    def _has_filter(self) -> Self:
        if self.nav is None and self.iuv is None and self.receipt_id is None:
            raise rule_error("required", "nav, iuv or receiptId")
        return self

    def history_query(self) -> history.HistoryQuery:
        """Return the query as the store reads it."""
        return history.HistoryQuery(self.nav, self.iuv, self.receipt_id, self.limit, self.page)


def _word(text: object) -> object:
    """Return a spelling of a boolean as `true` or `false`, and any other value unchanged."""
    value = truth(text) if isinstance(text, str) else None
    return text if value is None else str(value).lower()


class CaseSearch(QueryModel):
    """A query for one page of cases."""

    kind: Literal["unmatched", "double", "conflicting", "review", "quarantine"] | None = None
    resolved: Annotated[Literal["false", "true", "all"], BeforeValidator(_word)] = "false"
    nav: Nav | None = None
    iuv: Text35 | None = None
    limit: Annotated[int, Field(ge=1, le=50), WHOLE] = 10
    page: Annotated[int, Field(ge=0, le=1_000_000), WHOLE] = 0

    def case_query(self) -> worklist.CaseQuery:
        """Return the query as the store reads it."""
        resolved = None if self.resolved == "all" else self.resolved == "true"
        return worklist.CaseQuery(self.kind, resolved, self.nav, self.iuv, self.limit, self.page)


class Note(Strict):
    """A note on the decision about a case."""

    note: Prose500


class Match(Strict):
    """The notice that a case pays; without `nav`, the one that its receipt names."""

    nav: Nav | None = None
