"""The models of the bodies about receipts and cases: GPD's names for receipts, ours for cases."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gpd_soap.api.models import Count, PageInfo, ResponseModel, RomeTime
from gpd_soap.core.case_id import CaseOutcome
from gpd_soap.core.state import OptionState
from gpd_soap.validation.queries.receipts import Match, Note, OpenedCase


class ReceiptModelResponse(ResponseModel):
    """The receipt of a payment, in a list."""

    organization_fiscal_code: str
    iuv: str
    debtor: str
    payment_date_time: RomeTime | None = None
    status: Literal["PAID"]


class PaymentsResultReceiptModelResponse(ResponseModel):
    """A page of receipts, under both names that GPD has given to the list."""

    current_page_number: Count
    length: Count
    total_pages: Count
    results: list[ReceiptModelResponse]
    receipts_list: Annotated[list[ReceiptModelResponse], Field(alias="receipts_list")]


class CaseResolution(ResponseModel):
    """How a case was closed."""

    date: RomeTime
    by: str
    note: str
    outcome: CaseOutcome | None = None


class CaseClaim(ResponseModel):
    """Who has an open case; the claim ends by itself."""

    by: str
    since: RomeTime
    until: RomeTime


class CaseOpening(ResponseModel):
    """Who opened a case on the receipt of a paid notice, and when."""

    date: RomeTime
    by: str | None = None
    note: str | None = None


class CaseNotice(ResponseModel):
    """The present state of the notice that a case names."""

    iupd: str
    notice_number: str
    iuv: str
    status: OptionState
    id_receipt: str | None = None


class Case(ResponseModel):
    """A receipt or a quarantined message that waits for a person, or did."""

    id: str
    organization_fiscal_code: str
    kind: Literal[
        "applied",
        "review",
        "double",
        "conflicting",
        "secondary",
        "unmatched",
        "not-paid",
        "quarantine",
    ]
    reasons: list[str]
    charset: str | None = None
    drift: str | None = None
    primitive: str
    received_date: RomeTime
    last_received_date: RomeTime
    copies: Count
    receipt_id: str | None = None
    notice_number: str | None = None
    iuv: str | None = None
    amount: Count | None = None
    fee: Count | None = None
    payment_date_time: RomeTime | None = None
    psp_code: str | None = None
    psp_company: str | None = None
    debtor: str | None = None
    claimed: CaseClaim | None = None
    opened: CaseOpening | None = None
    resolved: CaseResolution | None = None
    notice: CaseNotice | None = None


class Worklist(ResponseModel):
    """A page of cases."""

    worklist: list[Case]
    page_info: Annotated[PageInfo, Field(alias="page_info")]


class StoredReceipts(ResponseModel):
    """A page of receipts of every status; those of the latest have a cursor and no numbers."""

    receipts: list[Case]
    page_info: Annotated[PageInfo | None, Field(alias="page_info")] = None
    limit: Count | None = None
    next_cursor: Annotated[str | None, Field(alias="next_cursor")] = None


MODELS = (Note, Match, OpenedCase, PaymentsResultReceiptModelResponse, Worklist, StoredReceipts)
