"""Events: what happened to a position, a notice or a receipt, for its history and for others.

No event has the name, the address or the code of a debtor, or a text that a person wrote about one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from gpd_soap.core.actor import Actor
from gpd_soap.core.receipt import ReceiptStatus


class EventType(StrEnum):
    """What happened.  The names are part of the interface: receivers choose by them."""

    RECEIPT_APPLIED = "receipt.applied"
    RECEIPT_DOUBLE = "receipt.double"
    RECEIPT_REVIEW = "receipt.review"
    RECEIPT_UNMATCHED = "receipt.unmatched"
    RECEIPT_SECONDARY = "receipt.secondary"
    RECEIPT_CONFLICTING = "receipt.conflicting"
    RECEIPT_NOT_PAID = "receipt.not_paid"
    RECEIPT_QUARANTINED = "receipt.quarantined"
    RECEIPT_FORGOTTEN = "receipt.forgotten"
    CASE_OPENED = "case.opened"
    CASE_RESOLVED = "case.resolved"
    POSITION_CREATED = "position.created"
    POSITION_UPDATED = "position.updated"
    POSITION_PUBLISHED = "position.published"
    POSITION_WITHDRAWN = "position.withdrawn"
    POSITION_RESTORED = "position.restored"
    POSITION_DELETED = "position.deleted"
    POSITION_FORGOTTEN = "position.forgotten"
    NOTICE_EXPIRED = "notice.expired"
    NOTICE_SETTLED = "notice.settled"
    NOTICE_PRINTED = "notice.printed"
    NOTICE_FEE_CHANGED = "notice.fee_changed"
    TRANSFER_REPORTED = "transfer.reported"
    FLOW_REPORTED = "flow.reported"
    FLOW_IMPORTED = "flow.imported"
    FLOW_BALANCED = "flow.balanced"
    CREDIT_IMPORTED = "credit.imported"
    LOAD_FINISHED = "load.finished"
    RETENTION_FINISHED = "retention.finished"
    AMOUNT_FALLBACK = "amount.fallback"
    SUBSCRIPTION_TEST = "subscription.test"


#: The event of a receipt by the status with which it is stored.
OF_STATUS = {
    ReceiptStatus.APPLIED: EventType.RECEIPT_APPLIED,
    ReceiptStatus.DOUBLE: EventType.RECEIPT_DOUBLE,
    ReceiptStatus.REVIEW: EventType.RECEIPT_REVIEW,
    ReceiptStatus.UNMATCHED: EventType.RECEIPT_UNMATCHED,
    ReceiptStatus.SECONDARY: EventType.RECEIPT_SECONDARY,
    ReceiptStatus.CONFLICTING: EventType.RECEIPT_CONFLICTING,
    ReceiptStatus.NOT_PAID: EventType.RECEIPT_NOT_PAID,
}


class Event(NamedTuple):
    """An event before it is stored; the store gives it an instant, an id and a number.

    `subject` is what the events are in order of: the IUPD of a position; for a receipt or a message
    without a position its name.  `revision` is that of the notice `nav` after the change; without
    a `nav`, the greatest of the position's notices.
    """

    organization: str
    type: EventType
    subject: str
    actor: Actor
    data: dict[str, Any]
    nav: str | None = None
    receipt_id: str | None = None
    revision: int | None = None
