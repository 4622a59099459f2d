"""Receipts as GPD writes them, and cases in the same style.

Dates are Rome's clock without a zone; what is not there is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from gpd_soap.api.responses import Body, page_info, rome_text, without_none
from gpd_soap.core.case_id import case_id
from gpd_soap.store.receipts import search as receipts
from gpd_soap.store.receipts import worklist
from gpd_soap.store.receipts.worklist import Case, NoticeNow
from gpd_soap.usecases.worklist import Found

#: What GPD says of every receipt.
PAID = "PAID"


def receipts_page(organization: str, found: Sequence[receipts.Listed], pages: int, at: int) -> Body:
    """A page of receipts: PaymentsResult, and ReceiptsInfo."""
    listed = [_listed(organization, each) for each in found]
    return {
        "currentPageNumber": at,
        "length": len(found),
        "totalPages": pages,
        "results": listed,
        # SPEC: the published document's name of the list, which GPD's code has left for the other.
        "receipts_list": listed,
    }


def cases_page(found: Sequence[Found], total: int, wanted: worklist.CaseQuery) -> Body:
    """A page of cases."""
    return {
        "worklist": [case(each) for each in found],
        "page_info": page_info(total, wanted.limit, wanted.page),
    }


def case(found: Found) -> Body:
    """One case, with what its notice is now where it names one."""
    kept = found.case
    return without_none(
        id=case_id(kept.key),
        organizationFiscalCode=kept.organization,
        kind=kept.kind,
        reasons=[reason for reason in kept.reasons.split("; ") if reason],
        drift=kept.drift,
        primitive=kept.primitive,
        receivedDate=rome_text(kept.received_at),
        lastReceivedDate=rome_text(kept.last_received_at),
        copies=kept.copies,
        receiptId=None if kept.variant is None else kept.name,
        noticeNumber=kept.nav,
        iuv=kept.iuv,
        amount=kept.amount,
        fee=kept.fee,
        paymentDateTime=rome_text(kept.paid_at),
        pspCode=kept.psp,
        pspCompany=kept.psp_name,
        debtor=kept.debtor_code,
        resolved=_resolved(kept),
        notice=found.notice and _notice(found.notice),
    )


def _listed(organization: str, kept: receipts.Listed) -> Body:
    return without_none(
        organizationFiscalCode=organization,
        iuv=kept.iuv,
        debtor=kept.debtor_code,
        paymentDateTime=rome_text(kept.paid_at),
        status=PAID,
    )


def _resolved(kept: Case) -> Body | None:
    if kept.resolved_at is None:
        return None
    return {"date": rome_text(kept.resolved_at), "by": kept.resolved_by, "note": kept.resolution}


def _notice(now: NoticeNow) -> Body:
    return without_none(
        iupd=now.iupd,
        noticeNumber=now.nav,
        iuv=now.iuv,
        status=now.status,
        idReceipt=now.receipt_id,
    )
