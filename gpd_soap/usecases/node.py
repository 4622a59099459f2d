"""The use cases of the Node: one method for each operation, which returns a result or a refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from gpd_soap.clock import Clock
from gpd_soap.core.debt import NodeRoute
from gpd_soap.core.faults import PaaFault, Refusal
from gpd_soap.core.notice import PROBE
from gpd_soap.core.payable import UNKNOWN, admit, payable
from gpd_soap.core.payment import Demand, NoticeDue, NoticeIssued, PaymentDue, offer, with_fee
from gpd_soap.core.payment_options import NOT_OURS, OptionsDue, payment_options
from gpd_soap.core.receipt import Receipt, ReceiptFacts, ReceiptStatus, Verdict, settle
from gpd_soap.store.database.errors import Contended
from gpd_soap.store.store import Store

#: LIMIT: attempts to store a receipt; each fails only if another transaction has succeeded.
ATTEMPTS = 8

PROBE_ANSWER = UNKNOWN._replace(rule="probe: the Node asks whether we are alive")
ALREADY_STORED = Refusal(
    PaaFault.PAA_RECEIPT_DUPLICATA,
    "La ricevuta era già stata acquisita.",
    "receipt: counted on the first, and the setting asks for a fault",
)


class NoticeQuery(NamedTuple):
    """A question about one notice; `notice_of` is the fiscalCode of the qrCode."""

    route: NodeRoute
    notice_of: str
    nav: str


#: Returns the canonical content of a stored message with this digest; empty if it has none.
ReadContent = Callable[[bytes, str], Sequence[str]]


class ReceiptAccepted(NamedTuple):
    """A receipt is committed together with its effect."""

    verdict: Verdict

    @property
    def rule(self) -> str:
        """The rule that decided, as the journal shows it."""
        return self.verdict.rule


class NoticeIssuer(Protocol):
    """Issues notices on demand."""

    def __call__(self, demand: Demand, now: datetime) -> NoticeIssued | Refusal:
        """Return the notice that was issued for the demand, or the refusal."""


class Policy(NamedTuple):
    """The settings of an installation that change an answer.

    `remembers_probes` is false where an operator asks in the place of the Node.
    """

    fault_on_repeated_receipt: bool = False
    demand_window: timedelta = timedelta(minutes=30)
    remembers_probes: bool = True


class NodeService:
    """Answers the Node.  Threads share it, so it does not change after construction."""

    def __init__(self, store: Store, clock: Clock, demands: NoticeIssuer, policy: Policy) -> None:
        """Keep the collaborators; `clock` gives the UTC time of each request."""
        self.clock = clock
        self._store, self._demands, self._policy = store, demands, policy

    def verify(self, query: NoticeQuery) -> NoticeDue | Refusal:
        """Return the notice with its current amount, or the refusal if it is not payable.

        SPEC: Messages, rule 3; Payable, rules 1 to 9.
        """
        now = self.clock()
        if query.nav == PROBE:
            # WHY: the probe goes to the store, so a station without its database fails the probe.
            if self._policy.remembers_probes:
                self._store.remember_probe(query.route, now)
            else:
                self._store.last_probe()
            return PROBE_ANSWER
        check, notice, all_ccp = self._store.outline(query.route, query.nav)
        refusal = admit(query.route, query.notice_of, check) or payable(notice, now)
        if refusal is not None or notice is None:
            return refusal or UNKNOWN
        return NoticeDue(query.route.organization, notice, all_ccp)

    def payment(
        self, query: NoticeQuery, transfer_type: str | None, *, stamps: bool
    ) -> PaymentDue | Refusal:
        """Return the payment of this notice for a `transferType`, or the refusal.

        SPEC: Payable, rules 1 to 11.
        """
        check, notice = self._store.notice(query.route, query.nav)
        refusal = admit(query.route, query.notice_of, check) or payable(notice, self.clock())
        if refusal is not None or notice is None:
            return refusal or UNKNOWN
        notice = with_fee(query.route.organization, notice)
        return offer(notice, transfer_type, stamps=stamps)

    def options(self, organization: str, nav: str) -> OptionsDue | Refusal:
        """Return the payment options of the position of this notice, or the refusal.

        The request names no station, so none is checked.
        """
        debt = self._store.debt(organization, nav)
        if not debt.organization_known:
            return NOT_OURS
        return payment_options(organization, nav, debt.notices, self.clock())

    def accept_receipt(
        self,
        receipt: Receipt,
        primitive: str,
        raw: bytes,
        charset: str | None = None,
        read_content: ReadContent | None = None,
    ) -> ReceiptAccepted | Refusal:
        """Store a receipt with its effect, and return the decision or the refusal.

        `charset` is the one that the transport named for `raw`.  With `read_content` a receipt is
        compared by its values with those stored under its receiptId, without it by its texts.

        Raises Contended if other transactions change the position each time; the Node sends the
        receipt again.
        SPEC: Receipts, rules 1 to 14.
        """
        now = self.clock()
        for _ in range(ATTEMPTS):
            facts = self._store.receipt_facts(receipt)
            # WHY: the money is taken, so a receipt is not refused for broker, station or notice.
            if not facts.route_check.organization_known:
                refusal = admit(receipt.route, receipt.route.organization, facts.route_check)
                assert refusal is not None
                organization = receipt.route.organization
                self.quarantine(organization, primitive, refusal.rule, raw, charset)
                return refusal
            verdict = settle(receipt, facts, now)
            if verdict.status is ReceiptStatus.CONFLICTING and read_content is not None:
                # WHY: messages are read again only where their digests differ.
                facts = _with_contents(facts, read_content)
                verdict = settle(receipt, facts, now)
            if self._store.settle(receipt, facts, verdict, primitive=primitive, raw=raw, now=now):
                repeated = verdict.repeated and self._policy.fault_on_repeated_receipt
                return ALREADY_STORED if repeated else ReceiptAccepted(verdict)
        raise Contended("a receipt's position kept changing")

    def quarantine(
        self, organization: str, primitive: str, reason: str, raw: bytes, charset: str | None = None
    ) -> None:
        """Store a message that was sent as a receipt but is not valid.

        Raises QuarantineFull if too many messages of no organization wait; its sender keeps it.
        """
        self._store.quarantine(organization, primitive, reason, raw, self.clock(), charset)

    def demand(self, demand: Demand) -> NoticeIssued | Refusal:
        """Return the notice that is issued for a spontaneous payment, or the refusal."""
        return self._demands(demand, self.clock())


def _with_contents(facts: ReceiptFacts, read: ReadContent) -> ReceiptFacts:
    """Return the facts with the contents of the messages stored under the receiptId."""
    contents = (each._replace(content=read(each.raw, each.digest)) for each in facts.contents)
    return facts._replace(contents=tuple(contents))
