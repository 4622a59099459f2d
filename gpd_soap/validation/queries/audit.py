"""The model of a query of the audit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gpd_soap.core.receipt import receipt_key
from gpd_soap.validation.fields import Since, Text16, Text100, Text255, Until
from gpd_soap.validation.queries.common import Paged


class AuditSearch(Paged):
    """A query for one page of the audit, the newest rows first."""

    kind: Literal["change", "read", "all"] = Field(
        "change", description="changes, readings of persons' data, or both"
    )
    key: Text16 | None = Field(None, description="id of the key that acted")
    user: Text100 | None = Field(None, description="user of the machine that ran the command")
    nav: Annotated[str, Field(pattern=r"^[0-9]{18}$")] | None = Field(
        None, description="notice number; also finds its position and its receipts"
    )
    iupd: Text255 | None = Field(None, description="id of the position")
    receipt_id: Annotated[Text255, AfterValidator(receipt_key)] | None = Field(
        None, alias="receiptId", description="id of the receipt"
    )
    first: Since | None = Field(
        None, alias="from", description="the first day or date-time, in Rome"
    )
    last: Until | None = Field(None, alias="to", description="the last day or date-time, in Rome")
