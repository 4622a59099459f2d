"""What a receipt does to a position; no receipt is dropped, because the money was taken.

Source: Receipts.  Amounts are integer cents; instants are UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from gpd_soap.core import payable
from gpd_soap.core.content import digest_through, has_same_values
from gpd_soap.core.debt import NodeRoute, Notice, RouteCheck

#: LIMIT: characters of a receiptId as a key.  In practice it has at most 35, but the XSD sets no
#: limit; a longer one is replaced by its hash (Receipts, rule 10).
LONGEST_ID = 64


class ReceiptStatus(StrEnum):
    """Status of a stored receipt; a person must see to those in `NEEDS_A_PERSON`."""

    APPLIED = "applied"
    REVIEW = "review"
    DOUBLE = "double"
    CONFLICTING = "conflicting"
    SECONDARY = "secondary"
    UNMATCHED = "unmatched"
    NOT_PAID = "not-paid"


#: Statuses that need a person, because money was taken; with `not-paid` none was.
NEEDS_A_PERSON = (
    ReceiptStatus.UNMATCHED,
    ReceiptStatus.DOUBLE,
    ReceiptStatus.CONFLICTING,
    ReceiptStatus.REVIEW,
)

IUV_ELSEWHERE = "the IUV is of another notice"
BY_HAND = "matched by hand"
#: The end of the reason for an element whose value cannot be stored (Receipts, rule 17).
OUT_OF_RANGE = " is out of range"
#: The beginning of the reason for which a person opened a case (Receipts, rule 20).
OPENED = "opened by a person: "
SEPARATOR = "; "


class PaidTransfer(NamedTuple):
    """A transfer as it was paid; `organization` is its beneficiary, `amount` is in cents."""

    number: int
    organization: str
    amount: int


class Receipt(NamedTuple):
    """A receipt as the Node sent it; `digest` identifies its canonical content.

    `issuer` is the organization that issued the notice.  `route` names the organization that
    receives this copy.  `receipt_id` is the Node's, shortened for use as a key.  `content` is the
    canonical content; a stored receipt is read without it.  `unreadable` names the elements whose
    value the schema allows and Python cannot hold.  `transfers` are those that were paid; a stored
    receipt has none, because its event has them.
    """

    route: NodeRoute
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
    content: Sequence[str] = ()
    unreadable: tuple[str, ...] = ()
    transfers: tuple[PaidTransfer, ...] = ()


def receipt_key(receipt_id: str) -> str:
    """Return a receiptId as a key: itself, or its hash if it is longer than `LONGEST_ID`."""
    if len(receipt_id) <= LONGEST_ID:
        return receipt_id
    return f"sha256:{hashlib.sha256(receipt_id.encode()).hexdigest()}"


class StoredContent(NamedTuple):
    """A content stored under a receiptId, with the primitive and the route that brought it.

    `raw` is the message that brought it, and `content` the canonical content read from that, or
    empty if nobody has read it.
    """

    variant: int
    digest: str
    primitive: str
    broker: str
    station: str
    raw: bytes
    content: Sequence[str] = ()


class ReceiptFacts(NamedTuple):
    """What the store knows when a receipt arrives.

    `kept_digest` is the digest of the first receipt stored under the same (idPA, receiptId).
    `contents` are all those stored under it, if the first has another digest than the receipt.
    `nav_of_iuv` is the notice that carries the receipt's IUV, whatever notice the receipt names.
    `is_only_option` says that the position of the notice has no other option.  `paid_by` is the
    receiptId that paid the notice, or an alternative that excludes it, before this receipt.
    """

    route_check: RouteCheck
    notice: Notice | None
    kept_digest: str | None
    nav_of_iuv: str | None
    is_only_option: bool
    contents: tuple[StoredContent, ...] = ()
    paid_by: str | None = None

    @property
    def next_variant(self) -> int:
        """The variant under which another content of the receiptId is stored; 0 is the first."""
        return max((each.variant for each in self.contents), default=-1) + 1


class Verdict(NamedTuple):
    """The decision on a receipt: its status, the reasons, and whether it pays the notice.

    A `repeated` receipt is counted on the stored one and not stored again.  `counted_on` is the
    digest of the stored receipt that has its content, if there is one.
    """

    status: ReceiptStatus
    reasons: tuple[str, ...] = ()
    pays: bool = False
    repeated: bool = False
    counted_on: str | None = None

    @property
    def rule(self) -> str:
        """The decision as text, for the journal."""
        words = "counted on the first" if self.repeated else f"kept as {self.status}"
        return f"receipt: {words}" + (f" ({', '.join(self.reasons)})" if self.reasons else "")


def settle(receipt: Receipt, known: ReceiptFacts, now: datetime) -> Verdict:
    """Return the decision on a receipt: the first of Receipts, rules 1 to 9, that applies.

    SPEC: Receipts, rule 17, for values that cannot be stored.
    """
    verdict = _settle(receipt, known, now)
    if verdict.repeated or not receipt.unreadable:
        return verdict
    applied = verdict.status is ReceiptStatus.APPLIED
    reasons = (f"{name}{OUT_OF_RANGE}" for name in receipt.unreadable)
    return verdict._replace(
        status=ReceiptStatus.REVIEW if applied else verdict.status,
        reasons=(*verdict.reasons, *reasons),
    )


def _settle(receipt: Receipt, known: ReceiptFacts, now: datetime) -> Verdict:
    if known.kept_digest is not None:
        return _compare(receipt, known)
    if receipt.issuer != receipt.route.organization:
        return Verdict(ReceiptStatus.SECONDARY)
    if receipt.outcome != "OK":
        return Verdict(ReceiptStatus.NOT_PAID, ("outcome KO",))
    if known.notice is None:
        if known.nav_of_iuv is not None:
            return Verdict(ReceiptStatus.REVIEW, (IUV_ELSEWHERE,))
        return Verdict(ReceiptStatus.UNMATCHED, ("no notice of this number",))
    return _apply(receipt, known.notice, now)


def _compare(receipt: Receipt, known: ReceiptFacts) -> Verdict:
    """Return the decision on a receipt whose receiptId is stored (Receipts, rules 1 and 2)."""
    if known.kept_digest == receipt.digest:
        return Verdict(ReceiptStatus.APPLIED, repeated=True, counted_on=receipt.digest)
    same = next((each for each in known.contents if _is_same(receipt, each)), None)
    if same is not None and same.variant == 0:
        return Verdict(ReceiptStatus.APPLIED, repeated=True, counted_on=same.digest)
    return Verdict(
        ReceiptStatus.CONFLICTING,
        ("same receiptId, other content",),
        counted_on=None if same is None else same.digest,
    )


def _is_same(receipt: Receipt, stored: StoredContent) -> bool:
    """Return whether a receipt has a stored content, by any route and in any spelling (rule 11)."""
    if stored.digest == receipt.digest:
        return True
    if not receipt.content:
        return False
    route = NodeRoute(receipt.route.organization, stored.broker, stored.station)
    if digest_through(receipt.content, stored.primitive, route) == stored.digest:
        return True
    return bool(stored.content) and has_same_values(receipt.content, stored.content)


def settle_by_hand(receipt: Receipt, notice: Notice, now: datetime) -> Verdict:
    """Return the decision on a receipt that a person matches to a notice (Receipts, rule 15)."""
    verdict = _apply(receipt, notice, now)
    if not verdict.pays:
        return verdict
    return Verdict(ReceiptStatus.REVIEW, (*verdict.reasons, BY_HAND), pays=True)


def awaits_notice(status: str, reasons: str) -> bool:
    """Return whether a stored receipt has no notice yet (Receipts, rules 5 and 6)."""
    parts = [each for each in reasons.split(SEPARATOR) if not each.startswith(OPENED)]
    doubts = [each for each in parts if not each.endswith(OUT_OF_RANGE)]
    return status == ReceiptStatus.UNMATCHED or (
        status == ReceiptStatus.REVIEW and doubts == [IUV_ELSEWHERE]
    )


def unreadable_in(reasons: str) -> tuple[str, ...]:
    """Return the names of the elements whose value could not be stored, from stored reasons."""
    return tuple(
        reason.removesuffix(OUT_OF_RANGE)
        for reason in reasons.split(SEPARATOR)
        if reason.endswith(OUT_OF_RANGE)
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


def route_mismatch(route_check: RouteCheck) -> str | None:
    """Return which of broker and station in a receipt is not as configured, or None.

    It is recorded with the receipt and is no reason to refuse it (Configuration).
    """
    mismatches = [] if route_check.broker_known else ["broker"]
    if not route_check.station_serves:
        mismatches.append("station")
    return " and ".join(mismatches) or None
