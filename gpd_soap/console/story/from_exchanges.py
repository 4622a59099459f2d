"""Moments from the exchanges with the Node, and why the Node was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gpd_soap.console.story.from_events import Amounts
from gpd_soap.console.story.moments import Cause, Kind, Moment
from gpd_soap.core import payable
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.core.faults import PaaFault
from gpd_soap.store.journal.entries import Entry

ANSWERED = {
    "paVerifyPaymentNotice": Kind.VERIFIED,
    "paGetPayment": Kind.PAYMENT_STARTED,
    "paGetPaymentV2": Kind.PAYMENT_STARTED,
    "paDemandPaymentNotice": Kind.ISSUED,
    "paymentOptions": Kind.OPTIONS_SHOWN,
}
#: A receipt that was accepted is a fact of its own, which says more than its exchange.
RECEIPTS = ("paSendRT", "paSendRTV2")

_OF_RULE = {
    payable.UNKNOWN.rule: Cause.UNKNOWN,
    payable.WITHDRAWN.rule: Cause.WITHDRAWN,
    payable.DRAFT.rule: Cause.DRAFT,
    payable.NOT_YET_VALID.rule: Cause.NOT_YET_VALID,
    payable.PAID.rule: Cause.PAID,
    payable.REPORTED.rule: Cause.REPORTED,
    payable.EXCLUDED.rule: Cause.EXCLUDED,
    payable.EXPIRED.rule: Cause.EXPIRED,
    "offer: paGetPayment cannot carry a stamp": Cause.STAMP,
    "offer: transfer 1 has no postal account": Cause.POSTAL,
}
_OF_FAULT = {
    PaaFault.PAA_ID_DOMINIO_ERRATO: Cause.ORGANIZATION,
    PaaFault.PAA_ID_INTERMEDIARIO_ERRATO: Cause.BROKER,
    PaaFault.PAA_STAZIONE_INT_ERRATA: Cause.STATION,
    PaaFault.PAA_SINTASSI_XSD: Cause.CONTRACT,
    PaaFault.PAA_SYSTEM_ERROR: Cause.OURS,
}


def from_exchanges(entries: Sequence[Entry], amounts: Amounts) -> Iterator[Moment]:
    """Yields the moments of exchanges, without those of receipts that were accepted."""
    for entry in entries:
        moment = _moment(entry)
        if moment is not None:
            yield moment._replace(amount=amounts.due(entry.arrived_at))


def cause_of(fault: str, rule: str) -> Cause:
    """Return why an exchange was refused, by its fault code and the rule that decided."""
    if rule in _OF_RULE:
        return _OF_RULE[rule]
    known = PaaFault.__members__.get(fault)
    return Cause.OTHER if known is None else _OF_FAULT.get(known, Cause.OTHER)


def _moment(entry: Entry) -> Moment | None:
    if entry.outcome == "OK":
        kind = ANSWERED.get(entry.operation)
        return None if kind is None else Moment(entry.arrived_at, kind, entry=entry)
    if entry.outcome == "KO":
        cause = cause_of(entry.fault, entry.rule)
        kind = Kind.FAILED if cause is Cause.OURS else Kind.REFUSED
        return Moment(entry.arrived_at, kind, cause=cause, entry=entry)
    if entry.operation == NOT_GIVEN:
        return None
    return Moment(entry.arrived_at, Kind.FAILED, cause=Cause.OURS, entry=entry)
