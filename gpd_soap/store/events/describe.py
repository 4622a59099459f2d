"""The events of receipts and cases.

Neither the debtor nor a text that a person wrote is among their data.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gpd_soap.core.actor import Actor
from gpd_soap.core.case_id import CaseCause, CaseKey, CaseOutcome, case_id
from gpd_soap.core.debt import Notice
from gpd_soap.core.event import OF_STATUS, Event, EventType
from gpd_soap.core.receipt import (
    NEEDS_A_PERSON,
    PaidTransfer,
    Receipt,
    ReceiptFacts,
    ReceiptStatus,
    Verdict,
)
from gpd_soap.core.state import OptionState, PositionState

Data = dict[str, Any]


def received(
    receipt: Receipt,
    verdict: Verdict,
    facts: ReceiptFacts,
    actor: Actor,
    variant: int | None = None,
) -> Event:
    """Returns the event of a receipt; `facts` are those that decided.

    `variant` is the one under which it is stored, if it is stored already.
    """
    notice = facts.notice
    data: Data = {
        "receiptId": receipt.receipt_id,
        "nav": receipt.nav,
        "iuv": receipt.iuv,
        "amount": receipt.amount,
        "fee": receipt.fee,
        "paymentDate": instant_text(receipt.paid_at),
        "method": receipt.method,
        "psp": {"id": receipt.psp, "name": receipt.psp_name, "fiscalCode": receipt.psp_fiscal_code},
        "standIn": receipt.stand_in,
        "pays": verdict.pays,
    }
    data |= _facts(receipt, verdict, facts, variant)
    if verdict.reasons:
        data["reason"] = "; ".join(verdict.reasons)
    subject, nav, revision = receipt.receipt_id, receipt.nav, None
    if notice is not None:
        subject, nav, revision = notice.iupd, notice.nav, notice.revision + verdict.pays
        data |= {"iupd": notice.iupd, "before": {"amount": notice.amount}}
        state = OptionState.PAID if _settled(notice) else OptionState.UNPAID
        data["before"]["state"] = str(state)
        data["after"] = {"state": str(OptionState.PAID if verdict.pays else state)}
        if verdict.pays and notice.plan is None:
            # SPEC: Alternatives, rule 3: a single option that is paid pays its position.
            data["positionState"] = PositionState.PAID.value
    return Event(
        organization=receipt.route.organization,
        type=OF_STATUS[verdict.status],
        subject=subject,
        actor=actor,
        data=data,
        nav=nav,
        receipt_id=receipt.receipt_id,
        revision=revision,
    )


def _facts(receipt: Receipt, verdict: Verdict, facts: ReceiptFacts, variant: int | None) -> Data:
    """Returns what is known of a receipt beside its own fields."""
    data, notice = Data(), facts.notice
    if receipt.transfers:
        data["transfers"] = [each._asdict() for each in receipt.transfers]
    if verdict.status in NEEDS_A_PERSON:
        key = CaseKey(receipt.receipt_id, facts.next_variant if variant is None else variant)
        data["case"] = case_id(key)
    if verdict.status is ReceiptStatus.DOUBLE and facts.paid_by is not None:
        data["firstReceiptId"] = facts.paid_by
    if notice is not None and notice.notification_fee:
        data["notificationFee"] = notice.notification_fee
    if verdict.status is ReceiptStatus.REVIEW and notice is not None:
        data["expectedAmount"] = notice.amount
    return data


def quarantined(message: Mapping[str, Any], actor: Actor) -> Event:
    """Returns the event of a message that was sent as a receipt but is not valid."""
    case = case_id(CaseKey(message["digest"], None))
    data = {"case": case} | {name: message[name] for name in ("primitive", "reason")}
    kind = EventType.RECEIPT_QUARANTINED
    return Event(message["organization"], kind, message["digest"], actor, data)


def resolved(
    organization: str, subject: str, case: str, actor: Actor, outcome: CaseOutcome | None
) -> Event:
    """Returns the event of a case that a person closed, with the outcome if one was named.

    The person's note may name a debtor, and stays out.
    """
    data = {"case": case} if outcome is None else {"case": case, "outcome": str(outcome)}
    return Event(organization, EventType.CASE_RESOLVED, subject, actor, data)


def opened(organization: str, subject: str, case: str, actor: Actor, cause: CaseCause) -> Event:
    """Returns the event of a case that a person opened on a receipt.

    The person's note may name a debtor, and stays out.
    """
    data = {"case": case, "cause": str(cause)}
    return Event(organization, EventType.CASE_OPENED, subject, actor, data)


def transfers_in(data: Data) -> tuple[PaidTransfer, ...]:
    """Returns the transfers in the data of a receipt's event; none if they are not there."""
    return tuple(PaidTransfer(**each) for each in data.get("transfers", ()))


def _settled(notice: Notice) -> bool:
    return notice.paid_at is not None or notice.reported_at is not None


def instant_text(instant: datetime | None) -> str | None:
    """Returns an instant as the data of an event have it: RFC 3339, in UTC."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
