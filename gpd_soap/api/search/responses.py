"""Builds the answers about notices in a list, and about what a search finds."""

from __future__ import annotations

from datetime import datetime

from gpd_soap.api.receipts.responses import case
from gpd_soap.api.responses import Body, camel_case, rome_text, without_none
from gpd_soap.core.searching.notice_state import notice_state
from gpd_soap.store.positions.notices import MOST_COUNTED, ListedNotice
from gpd_soap.usecases.search import NoticePage, SearchResult
from gpd_soap.usecases.worklist import CaseWithNotice
from gpd_soap.validation.queries.cursors import notice_cursor


def notices_page(page: NoticePage, limit: int, now: datetime) -> Body:
    """Returns a page of notices: Notices."""
    following = None if page.following is None else notice_cursor(page.following)
    return without_none(
        notices=[notice(each, now) for each in page.notices],
        limit=limit,
        total=min(page.total, MOST_COUNTED),
        totalIsExact=page.total <= MOST_COUNTED,
        next_cursor=following,
    )


def search(result: SearchResult, now: datetime) -> Body:
    """Returns what a text finds: Search."""
    hits = result.hits
    if hits is None:
        return {"warnings": [], "notices": [], "hasMore": False, "receipts": [], "otherKinds": []}
    return without_none(
        kind=hits.reading.kind,
        value=hits.reading.value,
        scannedOrganization=hits.reading.organization,
        warnings=[*hits.reading.warnings],
        notices=[notice(each, now) for each in hits.notices],
        hasMore=hits.more,
        receipts=[case(CaseWithNotice(each, None)) for each in hits.receipts],
        retiredDate=rome_text(hits.retired_at),
        otherKinds=[*result.others],
    )


def notice(listed: ListedNotice, now: datetime) -> Body:
    """Returns a notice: ListedNotice."""
    return camel_case(
        nav=listed.nav,
        iuv=listed.iuv,
        iupd=listed.iupd,
        plan=listed.plan,
        description=listed.description,
        amount=listed.amount,
        due_date=rome_text(listed.due_at),
        state=notice_state(listed, now),
        payment_date=rome_text(listed.payment_date or listed.paid_at),
        receipt_id=listed.receipt_id,
        fiscal_code=listed.debtor_code,
        full_name=listed.debtor_full_name,
    )
