"""The models of the bodies about notices in a list, and about what a search finds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gpd_soap.api.models import Count, ResponseModel, RomeTime
from gpd_soap.api.receipts.models import Case
from gpd_soap.core.searching.notice_state import NoticeState
from gpd_soap.core.searching.text_kinds import TextKind


class ListedNotice(ResponseModel):
    """A notice in a list."""

    nav: str
    iuv: str
    iupd: str
    plan: str | None = None
    description: str
    amount: Count
    due_date: RomeTime
    state: NoticeState
    payment_date: RomeTime | None = None
    receipt_id: str | None = None
    fiscal_code: str
    full_name: str


class Notices(ResponseModel):
    """A page of notices; without next_cursor it is the last."""

    notices: list[ListedNotice]
    limit: Count
    total: Count
    total_is_exact: bool
    next_cursor: Annotated[str | None, Field(alias="next_cursor")] = None


class Search(ResponseModel):
    """What a text was taken for, and what that finds."""

    kind: TextKind | None = None
    value: str | None = None
    scanned_organization: str | None = None
    warnings: list[str]
    notices: list[ListedNotice]
    has_more: bool
    receipts: list[Case]
    retired_date: RomeTime | None = None
    other_kinds: list[TextKind]


MODELS = (Notices, Search)
