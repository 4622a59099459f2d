"""What the Node does with a notice: verify it, have it paid, probe the station."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from gpd_soap.core import money
from gpd_soap.core.faults import PaaFault
from gpd_soap.core.notice import PROBE
from gpd_soap.simulator import report as tell
from gpd_soap.simulator.caller import Caller
from gpd_soap.simulator.judging import JudgedReply, Verdict
from gpd_soap.simulator.receipt import receipt
from gpd_soap.simulator.request import Addressee, Payment
from gpd_soap.soap import models

AGAIN = "the Node would send it again"
ENDS = "the Node would not send it again"


class Step(NamedTuple):
    """One thing done: all of it, whether it went well, and one line that says so."""

    heard: JudgedReply
    good: bool
    line: str


def verify(caller: Caller, party: Addressee, nav: str) -> Step:
    """Ask whether a notice is payable, and how much it is now."""
    return _step(caller.ask("paVerifyPaymentNotice", {**_claim(party), **_notice(party, nav)}))


def pay(caller: Caller, party: Addressee, nav: str, payment: Payment) -> Iterator[Step]:
    """Verify a notice, get its payment, and send the receipt; the first no ends it."""
    verified = verify(caller, party, nav)
    yield verified
    if not verified.good:
        return
    due = verified.heard.answer
    assert due is not None
    offered = _offered(caller, party, nav, payment, due)
    yield offered
    if not offered.good:
        return
    assert offered.heard.answer is not None
    data = offered.heard.answer.data
    content = receipt(data, due.companyName, party, nav, payment)
    yield from _sent(caller, {**_claim(party), "receipt": content}, payment)


def probe(caller: Caller, party: Addressee) -> Step:
    """Ask what the Node asks of a station in Stand In, and judge it by the Node's short rule."""
    asked = {**_claim(party), **_notice(party, PROBE)}
    heard = caller.ask("paVerifyPaymentNotice", asked)
    reply = heard.reply
    # SPEC: pagopa-ec.md 3.6: a 2xx and this word anywhere in the body, nothing else.
    positive = reply is not None and reply.is_success and b"SCONOSCIUTO" in reply.body
    word = "positive" if positive else "negative"
    return Step(heard, positive, f"probe {word}: {tell.line(heard)}")


def _offered(
    caller: Caller, party: Addressee, nav: str, payment: Payment, due: models.Response
) -> Step:
    operation = "paGetPaymentV2" if payment.v2 else "paGetPayment"
    amount = due.paymentList.paymentOptionDescription.amount
    words = {**_claim(party), **_notice(party, nav), "amount": money.to_wire(amount)}
    if payment.transfer_type is not None:
        words["transferType"] = payment.transfer_type
    return _step(caller.ask(operation, words))


def _sent(caller: Caller, words: dict[str, Any], payment: Payment) -> Iterator[Step]:
    operation = "paSendRTV2" if payment.v2 else "paSendRT"
    taken = False
    for _ in range(payment.times):
        heard = caller.ask(operation, words)
        known = taken and heard.verdict is Verdict.REFUSED and _is_duplicate(heard)
        taken = taken or heard.verdict is Verdict.OK
        yield _receipt_step(heard, payment, known=known)


def _receipt_step(heard: JudgedReply, payment: Payment, *, known: bool) -> Step:
    """A receipt's step: any well-formed answer ends the delivery, a KO included."""
    if heard.verdict is Verdict.OK:
        note = f"receipt {payment.receipt_id}"
    elif known:
        note = f"it was taken before; {ENDS}"
    elif heard.verdict is Verdict.REFUSED:
        note = ENDS
    else:
        note = AGAIN
    good = known or heard.verdict is Verdict.OK
    return Step(heard, good, tell.line(heard, note))


def _is_duplicate(heard: JudgedReply) -> bool:
    assert heard.answer is not None
    return bool(heard.answer.fault.faultCode == PaaFault.PAA_RECEIPT_DUPLICATA.code)


def _step(heard: JudgedReply) -> Step:
    return Step(heard, heard.verdict is Verdict.OK, tell.line(heard))


def _claim(party: Addressee) -> dict[str, Any]:
    return {
        "idPA": party.organization,
        "idBrokerPA": party.broker,
        "idStation": party.station,
    }


def _notice(party: Addressee, nav: str) -> dict[str, Any]:
    return {"qrCode": {"fiscalCode": party.organization, "noticeNumber": nav}}
