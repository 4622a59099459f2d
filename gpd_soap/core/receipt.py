"""What a receipt means for a position: money already taken, so nothing is ever turned away.

The table is DESIGN 5, row by row.  Amounts are integer cents, instants UTC.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.core import payable
from gpd_soap.core.debt import NodeRoute, Notice, RouteCheck

#: LIMIT: a receiptId is unbounded in the contract and at most 35 characters in practice; a longer
#: one is known by its hash, so that it can be a key.
LONGEST_ID = 64


class ReceiptStatus(StrEnum):
    """As what a receipt is kept; see `NEEDS_A_PERSON` for what does not end here."""

    APPLIED = "applied"
    REVIEW = "review"
    DOUBLE = "double"
    CONFLICTING = "conflicting"
    SECONDARY = "secondary"
    UNMATCHED = "unmatched"
    NOT_PAID = "not-paid"


#: Money was taken, and somebody must look; of what was `not-paid` there is nothing to see to.
NEEDS_A_PERSON = (
    ReceiptStatus.UNMATCHED,
    ReceiptStatus.DOUBLE,
    ReceiptStatus.CONFLICTING,
    ReceiptStatus.REVIEW,
)

IUV_ELSEWHERE = "the IUV is of another notice"
BY_HAND = "matched by hand"


class Receipt(NamedTuple):
    """A receipt as the Node sent it; `digest` names its canonical content.

    `issuer` is the organization that issued the notice; the one that receives this copy is in
    `claim`.  `receipt_id` is the Node's, bounded for use as a key.
    """

    claim: NodeRoute
    receipt_id: str
    digest: str
    issuer: str
    nav: str
    iuv: str
    outcome: str
    amount: int
    psp: str
    psp_name: str
    psp_fiscal_code: str | None
    channel: str
    method: str | None
    fee: int | None
    paid_at: datetime | None
    stand_in: bool
    debtor_code: str


def receipt_key(receipt_id: str) -> str:
    """A receiptId as a key: itself, or its hash where it is too long."""
    if len(receipt_id) <= LONGEST_ID:
        return receipt_id
    return f"sha256:{hashlib.sha256(receipt_id.encode()).hexdigest()}"


class ReceiptFacts(NamedTuple):
    """What the store knows when a receipt arrives.

    `kept_digest` is the digest of the first receipt stored under the same (idPA, receiptId).
    `nav_of_iuv` is the notice that carries the receipt's IUV, whatever notice the receipt names.
    `is_only_option` says that the position of the notice has no other.
    """

    standing: RouteCheck
    notice: Notice | None
    kept_digest: str | None
    nav_of_iuv: str | None
    is_only_option: bool


class Verdict(NamedTuple):
    """What to keep, why, and whether the notice is now paid.

    `repeated` counts a receipt on the one that is kept already instead of keeping it again.
    """

    status: ReceiptStatus
    reasons: tuple[str, ...] = ()
    pays: bool = False
    repeated: bool = False

    @property
    def rule(self) -> str:
        """The decision in words, for the journal."""
        words = "counted on the first" if self.repeated else f"kept as {self.status}"
        return f"receipt: {words}" + (f" ({', '.join(self.reasons)})" if self.reasons else "")


def settle(receipt: Receipt, known: ReceiptFacts, now: datetime) -> Verdict:
    """Decide what a receipt does; the first row of DESIGN 5 that applies.

    1. the same receiptId was kept: counted on it, or conflicting;  2. a copy for a beneficiary;
    3. its outcome is KO;  4. the notice is unknown here;  5. already paid, or excluded;
    6. applied, to review where the notice was not payable or amount or IUV differ.
    """
    if known.kept_digest is not None:
        if known.kept_digest == receipt.digest:
            return Verdict(ReceiptStatus.APPLIED, repeated=True)
        return Verdict(ReceiptStatus.CONFLICTING, ("same receiptId, other content",))
    if receipt.issuer != receipt.claim.organization:
        return Verdict(ReceiptStatus.SECONDARY)
    if receipt.outcome != "OK":
        return Verdict(ReceiptStatus.NOT_PAID, ("outcome KO",))
    if known.notice is None:
        if known.nav_of_iuv is not None:
            return Verdict(ReceiptStatus.REVIEW, (IUV_ELSEWHERE,))
        return Verdict(ReceiptStatus.UNMATCHED, ("no notice of this number",))
    return _apply(receipt, known.notice, now)


def settle_by_hand(receipt: Receipt, notice: Notice, now: datetime) -> Verdict:
    """Decide what a receipt does to the notice that a person says it pays, whatever it names."""
    verdict = _apply(receipt, notice, now)
    if not verdict.pays:
        return verdict
    return Verdict(ReceiptStatus.REVIEW, (*verdict.reasons, BY_HAND), pays=True)


def awaits_notice(kept: str, reasons: str) -> bool:
    """Whether a receipt that is kept so has found no notice yet."""
    return kept == ReceiptStatus.UNMATCHED or (
        kept == ReceiptStatus.REVIEW and reasons == IUV_ELSEWHERE
    )


def _apply(receipt: Receipt, notice: Notice, now: datetime) -> Verdict:
    if notice.paid_at is not None:
        return Verdict(ReceiptStatus.DOUBLE, ("the notice was paid already",))
    if notice.alternative_paid:
        return Verdict(ReceiptStatus.DOUBLE, ("an exclusive alternative was paid",))
    reasons = tuple(_doubts(receipt, notice, now))
    return Verdict(ReceiptStatus.REVIEW if reasons else ReceiptStatus.APPLIED, reasons, pays=True)


NOT_PAYABLE = {
    payable.WITHDRAWN: "the position was withdrawn",
    payable.DRAFT: "the position is a draft",
    payable.NOT_YET_VALID: "the notice was not yet valid",
    payable.EXPIRED: "the notice had expired",
}


def _doubts(receipt: Receipt, notice: Notice, now: datetime) -> list[str]:
    refusal = payable.payable(notice, now)
    doubts = [NOT_PAYABLE[refusal]] if refusal in NOT_PAYABLE else []
    if receipt.amount != notice.amount:
        doubts.append("the amount differs")
    if receipt.iuv != notice.iuv:
        doubts.append("the IUV differs")
    return doubts


def route_mismatch(standing: RouteCheck) -> str | None:
    """What in a receipt's claim is not as configured; recorded, never a reason to refuse."""
    found = [] if standing.broker_known else ["broker"]
    if not standing.station_serves:
        found.append("station")
    return " and ".join(found) or None
