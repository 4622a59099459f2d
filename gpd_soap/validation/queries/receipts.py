"""Models of paths, queries and bodies of receipts and of the worklist."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gpd_soap.core.case_id import CaseCause, CaseOutcome
from gpd_soap.store.receipts import history, listing, worklist
from gpd_soap.validation.fields import Prose500, Since, Strict, Text16, Text35, Until
from gpd_soap.validation.finding import rule_error
from gpd_soap.validation.queries import cursors
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


def _check_cursor(text: str) -> str:
    try:
        cursors.receipt_list_key(text)
    except ValueError:
        raise rule_error("cursor", "`next_cursor` of the page before") from None
    return text


class ReceiptsOf(Paged):
    """A query for every receipt of a notice, of an IUV or of a receiptId, or for the latest ones.

    Without one of the three, it lists the receipts of a window, the last received first.
    """

    nav: Nav | None = None
    iuv: Text35 | None = None
    receipt_id: Prose500 | None = Field(None, alias="receiptId", description="the Node's id")
    since: Since | None = Field(
        None, alias="from", description="the first day or date-time of arrival, in Rome"
    )
    until: Until | None = Field(
        None, alias="to", description="the last day or date-time of arrival, in Rome"
    )
    status: (
        Literal["applied", "review", "double", "conflicting", "secondary", "unmatched", "not-paid"]
        | None
    ) = None
    psp: Text35 | None = None
    cursor: (
        Annotated[str, Field(max_length=cursors.LONGEST), AfterValidator(_check_cursor)] | None
    ) = Field(None, description="`next_cursor` of the page before")

    @model_validator(mode="after")
    def _has_one_list(self) -> Self:
        latest = (self.since, self.until, self.status, self.psp, self.cursor)
        if self.of_one and any(each is not None for each in latest):
            raise rule_error("exclusive", "nav, iuv or receiptId, or the filters of the latest")
        if not self.of_one and self.page:
            raise rule_error("exclusive", "a cursor for the pages of the latest")
        return self

    @property
    def of_one(self) -> bool:
        """Whether the receipts of one notice, IUV or receiptId are listed."""
        return any(each is not None for each in (self.nav, self.iuv, self.receipt_id))

    def history_query(self) -> history.HistoryQuery:
        """Return the query as the store reads it."""
        return history.HistoryQuery(self.nav, self.iuv, self.receipt_id, self.limit, self.page)

    @property
    def after(self) -> listing.ReceiptListKey | None:
        """The key after which the page begins."""
        return None if self.cursor is None else cursors.receipt_list_key(self.cursor)


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
    outcome: CaseOutcome | None = Field(
        None, description="outcome of the resolved cases that are listed"
    )
    limit: Annotated[int, Field(ge=1, le=50), WHOLE] = 10
    page: Annotated[int, Field(ge=0, le=1_000_000), WHOLE] = 0

    def case_query(self) -> worklist.CaseQuery:
        """Return the query as the store reads it."""
        resolved = None if self.resolved == "all" else self.resolved == "true"
        if self.outcome is not None:
            resolved = True
        return worklist.CaseQuery(
            self.kind, resolved, self.nav, self.iuv, self.limit, self.page, self.outcome
        )


class Note(Strict):
    """A note on the decision about a case, and its outcome from a closed list."""

    note: Prose500
    outcome: Annotated[CaseOutcome | None, Field(strict=False)] = None


class OpenedCase(Strict):
    """Why a case is opened on the receipt of a paid notice; `other` needs a note."""

    cause: Annotated[CaseCause, Field(strict=False)]
    note: Prose500 | None = None


class Match(Strict):
    """The notice that a case pays; without `nav`, the one that its receipt names."""

    nav: Nav | None = None
