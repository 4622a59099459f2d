"""The state of one notice, for people and lists, by the rules that verify and getPayment follow."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gpd_soap.core import payable
from gpd_soap.core.payable import PayableFacts


class NoticeState(StrEnum):
    """Whether a notice is payable, or else the first rule of Payable that refuses it."""

    PAYABLE = "payable"
    WITHDRAWN = "withdrawn"
    DRAFT = "draft"
    NOT_YET_VALID = "not-yet-valid"
    PAID = "paid"
    REPORTED = "reported"
    EXCLUDED = "excluded"
    EXPIRED = "expired"


_STATES = {
    payable.WITHDRAWN: NoticeState.WITHDRAWN,
    payable.DRAFT: NoticeState.DRAFT,
    payable.NOT_YET_VALID: NoticeState.NOT_YET_VALID,
    payable.PAID: NoticeState.PAID,
    payable.REPORTED: NoticeState.REPORTED,
    payable.EXCLUDED: NoticeState.EXCLUDED,
    payable.EXPIRED: NoticeState.EXPIRED,
}


def notice_state(notice: PayableFacts, now: datetime) -> NoticeState:
    """Return the state of a notice at `now`."""
    refusal = payable.payable(notice, now)
    return NoticeState.PAYABLE if refusal is None else _STATES[refusal]
