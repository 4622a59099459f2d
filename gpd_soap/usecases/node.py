"""The use cases: one method for each thing the Node asks, facts in, answer or refusal out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from gpd_soap.clock import Clock
from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.demand import Demand, NoticeIssued
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.notice import PROBE
from gpd_soap.core.payable import UNKNOWN, admit, payable
from gpd_soap.core.payment import NoticeDue, PaymentDue, offer
from gpd_soap.core.payment_options import NOT_OURS, OptionsDue, payment_options
from gpd_soap.core.receipt import Receipt, Verdict, settle
from gpd_soap.store.database.errors import Contended
from gpd_soap.store.store import Store

#: LIMIT: each try loses only to another that won; more in a row means something is wrong.
ATTEMPTS = 8

PROBED = UNKNOWN._replace(rule="probe: the Node asks whether we are alive")
ALREADY_HAD = Refusal(
    PaaFault.PAA_RECEIPT_DUPLICATA,
    "La ricevuta era già stata acquisita.",
    "receipt: counted on the first, and the setting asks for a fault",
)


class NoticeQuery(NamedTuple):
    """A question about one notice; `notice_of` is the qrCode's fiscalCode."""

    claim: NodeRoute
    notice_of: str
    nav: str


class ReceiptAccepted(NamedTuple):
    """A receipt is kept, durably, with its effect."""

    verdict: Verdict

    @property
    def rule(self) -> str:
        """The decision in words, for the journal."""
        return self.verdict.rule


class NoticeIssuer(Protocol):
    """Who makes notices on request."""

    def __call__(self, demand: Demand, now: datetime) -> NoticeIssued | Refusal:
        """Issue a notice, or say why not."""


class Policy(NamedTuple):
    """What an installation may choose."""

    fault_on_repeated_receipt: bool = False
    demand_window: timedelta = timedelta(minutes=30)


class NodeService:
    """Answers the Node.  Frozen after construction: threads share it."""

    def __init__(self, store: Store, clock: Clock, demands: NoticeIssuer, policy: Policy) -> None:
        """Take collaborators; `clock` gives the UTC time of each question."""
        self.clock = clock
        self._store, self._demands, self._policy = store, demands, policy

    def verify(self, ask: NoticeQuery) -> NoticeDue | Refusal:
        """Is this notice payable, and how much is it now?  Answers the probe first of all."""
        now = self.clock()
        if ask.nav == PROBE:
            # WHY: through the store, so that a station is not called alive whose database is not.
            self._store.remember_probe(ask.claim, now)
            return PROBED
        standing, notice, all_ccp = self._store.outline(ask.claim, ask.nav)
        refusal = admit(ask.claim, ask.notice_of, standing) or payable(notice, now)
        if refusal is not None or notice is None:
            return refusal or UNKNOWN
        return NoticeDue(ask.claim.organization, notice, all_ccp)

    def payment(
        self, ask: NoticeQuery, wanted: str | None, *, stamps: bool
    ) -> PaymentDue | Refusal:
        """Give the payment of this notice, to the accounts that the asker wants."""
        standing, notice = self._store.notice(ask.claim, ask.nav)
        refusal = admit(ask.claim, ask.notice_of, standing) or payable(notice, self.clock())
        if refusal is not None or notice is None:
            return refusal or UNKNOWN
        return offer(notice, wanted, stamps=stamps)

    def options(self, organization: str, nav: str) -> OptionsDue | Refusal:
        """How may the debt of this notice be paid?  Nobody says through which station they ask."""
        debt = self._store.debt(organization, nav)
        if not debt.organization_known:
            return NOT_OURS
        return payment_options(organization, nav, debt.notices, self.clock())

    def accept_receipt(
        self, receipt: Receipt, primitive: str, raw: bytes
    ) -> ReceiptAccepted | Refusal:
        """Keep a receipt and its effect.  An exception means that the Node must send it again."""
        now = self.clock()
        for _ in range(ATTEMPTS):
            known = self._store.receipt_facts(receipt)
            # WHY: a receipt is not refused for broker, station or notice: the money is taken.
            if not known.standing.organization_known:
                refusal = admit(receipt.claim, receipt.claim.organization, known.standing)
                assert refusal is not None
                self.quarantine(receipt.claim.organization, primitive, refusal.rule, raw)
                return refusal
            verdict = settle(receipt, known, now)
            if self._store.settle(receipt, known, verdict, primitive=primitive, raw=raw, now=now):
                repeated = verdict.repeated and self._policy.fault_on_repeated_receipt
                return ALREADY_HAD if repeated else ReceiptAccepted(verdict)
        raise Contended("a receipt's position kept changing")

    def quarantine(self, organization: str, primitive: str, reason: str, raw: bytes) -> None:
        """Keep what came as a receipt and cannot be taken as one."""
        self._store.quarantine(organization, primitive, reason, raw, self.clock())

    def demand(self, demand: Demand) -> NoticeIssued | Refusal:
        """Make a notice for a spontaneous payment."""
        return self._demands(demand, self.clock())
