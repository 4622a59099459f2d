"""Models of paths and queries of documents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gpd_soap.store.documents.archive import DocumentQuery
from gpd_soap.validation.fields import Since, Strict, Text255, Until
from gpd_soap.validation.finding import rule_error
from gpd_soap.validation.queries.common import Flag, OrganizationPath, Paged, QueryModel

#: LIMIT: 1,000 numbers in one request, as in pagoPA's service that prints notices.
MOST_NOTICES = 1000

Nav = Annotated[str, Field(pattern=r"^[0-9]{18}$")]


class NoticePath(OrganizationPath):
    """A path that names a notice by its number."""

    nav: Nav


class PositionDocumentPath(OrganizationPath):
    """A path that names a position."""

    iupd: Text255


class PrintedReceiptPath(OrganizationPath):
    """A path that names a stored receipt by its id."""

    id: Text255


class PrintedReceipt(QueryModel):
    """How a receipt is printed; `embed` puts the Node's message inside."""

    embed: Flag = False


class DocumentPath(OrganizationPath):
    """A path that names a document of the archive."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Printed(QueryModel):
    """How a notice is printed."""

    # WHY: a plus sign in a query arrives as a blank.
    lang: Annotated[str, Field(pattern=r"^(it([-+ ](en|de|fr|sl))?|en|de|fr|sl)$")] | None = None


class SecondLanguage(QueryModel):
    """How a notice is printed, in the words of GovPay."""

    second: Literal["false", "de", "en", "fr", "sl"] | None = Field(None, alias="linguaSecondaria")

    def printed(self) -> Printed:
        """Return the same in our words."""
        names = {None: None, "false": "it"}
        return Printed(lang=names.get(self.second, f"it-{self.second}"))


class DocumentsOf(Paged):
    """Which documents to list."""

    nav: Nav | None = None
    iupd: Text255 | None = None

    def document_query(self) -> DocumentQuery:
        """Return the filters as the store reads them."""
        return DocumentQuery(self.nav, self.iupd)


class BatchPath(OrganizationPath):
    """A path that names a batch of notices."""

    id: Annotated[str, Field(pattern=r"^bat_[0-9a-f]{32}$")]


class LinesOf(Paged):
    """Which lines of a batch to list."""

    refused: Flag = False


class NewBatch(Strict):
    """Which notices to print: by their numbers, by due dates, or those of the last load."""

    navs: Annotated[list[Nav], Field(max_length=MOST_NOTICES, default_factory=list)]
    due_date_from: Since | None = None
    due_date_to: Until | None = None
    load: Literal["last"] | None = None

    @model_validator(mode="after")
    def _is_one_choice(self) -> NewBatch:
        """Refuse a body that chooses in no way, or in several."""
        dates = self.due_date_from is not None, self.due_date_to is not None
        choices = (bool(self.navs), any(dates), self.load is not None)
        if sum(choices) != 1 or any(dates) != all(dates):
            raise rule_error("choice", "either navs, or both due dates, or load")
        return self
