"""Models of paths and queries of the journal."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gpd_soap.core.receipt import receipt_key
from gpd_soap.store.journal.entries import REFERENCE
from gpd_soap.validation.fields import Since, Text35, Text255, Until
from gpd_soap.validation.queries.common import WHOLE, OrganizationPath, QueryModel

Reference = Annotated[str, Field(pattern=REFERENCE, description="an entry's id")]


class EntryPath(OrganizationPath):
    """A path that names an entry of an organization."""

    id: Reference


class AnyEntryPath(QueryModel):
    """A path that names an entry of any organization."""

    id: Reference


class JournalSearch(QueryModel):
    """A query for entries, the newest first; without dates, those of the last 30 days."""

    first: Since | None = Field(
        None, alias="from", description="the first day or date-time, in Rome"
    )
    last: Until | None = Field(None, alias="to", description="the last day or date-time, in Rome")
    operation: (
        Literal[
            "paVerifyPaymentNotice",
            "paGetPayment",
            "paGetPaymentV2",
            "paSendRT",
            "paSendRTV2",
            "paDemandPaymentNotice",
        ]
        | None
    ) = None
    outcome: Literal["OK", "KO", "Fault"] | None = None
    fault: Text35 | None = Field(None, description="a code, such as PAA_SINTASSI_XSD")
    nav: Annotated[str, Field(pattern=r"^[0-9]{18}$")] | None = Field(
        None, description="the notice number"
    )
    iuv: Text35 | None = Field(None, description="the IUV of a receipt or a notice")
    receipt_id: Annotated[Text255, AfterValidator(receipt_key)] | None = Field(
        None, alias="receiptId"
    )
    psp: Text35 | None = None
    station: Text35 | None = None
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = 20
    after: Reference | None = Field(None, description="`next` of the previous page")
