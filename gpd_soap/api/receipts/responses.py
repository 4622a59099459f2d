"""Builds the answers about receipts, as GPD writes them, and about cases in the same style.

Dates are in Rome's time without zone.  A field without value is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from gpd_soap.api.responses import Body, page_info, rome_text, without_none
from gpd_soap.core.case_id import case_id
from gpd_soap.core.receipt import SEPARATOR
from gpd_soap.store.receipts.history import HistoryQuery
from gpd_soap.store.receipts.listing import ReceiptListKey
from gpd_soap.store.receipts.search import Listed
from gpd_soap.store.receipts.worklist import Case, CaseQuery, NoticeNow
from gpd_soap.usecases.casework.holding import Holder
from gpd_soap.usecases.worklist import CaseWithNotice
from gpd_soap.validation.queries.cursors import receipt_cursor

#: The status of every receipt in GPD.
PAID = "PAID"


def receipts_page(organization: str, rows: Sequence[Listed], pages: int, page: int) -> Body:
    """Returns a page of receipts: PaymentsResultReceiptModelResponse."""
    results = [_receipt(organization, each) for each in rows]
    return {
        "currentPageNumber": page,
        "length": len(results),
        "totalPages": pages,
        "results": results,
        # SPEC: GPD payments: its document names the list receipts_list, its code names it results.
        "receipts_list": results,
    }


def cases_page(cases: Sequence[CaseWithNotice], total: int, query: CaseQuery) -> Body:
    """Returns a page of cases: Worklist."""
    return {
        "worklist": [case(each) for each in cases],
        "page_info": page_info(total, query.limit, query.page),
    }


def stored_page(receipts: Sequence[CaseWithNotice], total: int, query: HistoryQuery) -> Body:
    """Returns a page of receipts of every status: StoredReceipts."""
    return {
        "receipts": [case(each) for each in receipts],
        "page_info": page_info(total, query.limit, query.page),
    }


def latest_page(
    receipts: Sequence[CaseWithNotice], following: ReceiptListKey | None, limit: int
) -> Body:
    """Returns a page of the latest receipts: StoredReceipts."""
    cursor = None if following is None else receipt_cursor(following)
    return without_none(receipts=[case(each) for each in receipts], limit=limit, next_cursor=cursor)


def case(case_with_notice: CaseWithNotice) -> Body:
    """Returns a case, with the present state of its notice, and who has it: Case."""
    case, notice, holder = case_with_notice
    return without_none(
        id=case_id(case.key),
        organizationFiscalCode=case.organization,
        kind=case.kind,
        reasons=[reason for reason in (case.reasons or "").split(SEPARATOR) if reason],
        charset=case.charset,
        drift=case.drift,
        primitive=case.primitive,
        receivedDate=rome_text(case.received_at),
        lastReceivedDate=rome_text(case.last_received_at),
        copies=case.copies,
        receiptId=None if case.variant is None else case.name,
        noticeNumber=case.nav,
        iuv=case.iuv,
        amount=case.amount,
        fee=case.fee,
        paymentDateTime=rome_text(case.paid_at),
        pspCode=case.psp,
        pspCompany=case.psp_name,
        debtor=case.debtor_code,
        claimed=holder and _claim(holder),
        opened=_opening(case),
        resolved=_resolution(case),
        notice=notice and _notice(notice),
    )


def _receipt(organization: str, receipt: Listed) -> Body:
    return without_none(
        organizationFiscalCode=organization,
        iuv=receipt.iuv,
        debtor=receipt.debtor_code,
        paymentDateTime=rome_text(receipt.paid_at),
        status=PAID,
    )


def _claim(holder: Holder) -> Body:
    return {
        "by": holder.who,
        "since": rome_text(holder.since),
        "until": rome_text(holder.until),
    }


def _opening(case: Case) -> Body | None:
    if case.opened_at is None:
        return None
    return without_none(
        date=rome_text(case.opened_at), by=case.opened_by, note=case.opening or None
    )


def _resolution(case: Case) -> Body | None:
    if case.resolved_at is None:
        return None
    return without_none(
        date=rome_text(case.resolved_at),
        by=case.resolved_by,
        note=case.resolution,
        outcome=case.resolved_as,
    )


def _notice(notice: NoticeNow) -> Body:
    return without_none(
        iupd=notice.iupd,
        noticeNumber=notice.nav,
        iuv=notice.iuv,
        status=notice.status,
        idReceipt=notice.receipt_id,
    )
