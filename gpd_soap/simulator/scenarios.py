"""The Node's scenarios: verify a notice, pay it, probe a station."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from gpd_soap.core import money
from gpd_soap.core.faults import PaaFault
from gpd_soap.core.notice import PROBE
from gpd_soap.simulator import report
from gpd_soap.simulator.caller import Caller
from gpd_soap.simulator.judging import JudgedReply, Verdict
from gpd_soap.simulator.receipt import receipt
from gpd_soap.simulator.request import Addressee, Payment
from gpd_soap.soap import models

AGAIN = "the Node would send it again"
ENDS = "the Node would not send it again"


class Step(NamedTuple):
    """One request: its judged reply, whether it succeeded, and its description in one line."""

    judged: JudgedReply
    good: bool
    line: str


def verify(caller: Caller, addressee: Addressee, nav: str) -> Step:
    """Ask whether a notice is payable, and its current amount."""
    words = {**_route(addressee), **_notice(addressee, nav)}
    return _step(caller.ask("paVerifyPaymentNotice", words))


def pay(caller: Caller, addressee: Addressee, nav: str, payment: Payment) -> Iterator[Step]:
    """Verify a notice, get its payment and send the receipt; the first failure ends it."""
    verified = verify(caller, addressee, nav)
    yield verified
    if not verified.good:
        return
    due = verified.judged.answer
    assert due is not None
    offered = _offered(caller, addressee, nav, payment, due)
    yield offered
    if not offered.good:
        return
    assert offered.judged.answer is not None
    data = offered.judged.answer.data
    content = receipt(data, due.companyName, addressee, nav, payment)
    yield from _sent(caller, {**_route(addressee), "receipt": content}, payment)


def probe(caller: Caller, addressee: Addressee) -> Step:
    """Send the probe of a station in Stand In, and judge its answer as the platform does."""
    words = {**_route(addressee), **_notice(addressee, PROBE)}
    judged = caller.ask("paVerifyPaymentNotice", words)
    reply = judged.reply
    # SPEC: Messages, rule 3: a 2xx answer with this word anywhere in its body is enough.
    positive = reply is not None and reply.is_success and b"SCONOSCIUTO" in reply.body
    word = "positive" if positive else "negative"
    return Step(judged, positive, f"probe {word}: {report.line(judged)}")


def _offered(
    caller: Caller, addressee: Addressee, nav: str, payment: Payment, due: models.Response
) -> Step:
    operation = "paGetPaymentV2" if payment.v2 else "paGetPayment"
    amount = due.paymentList.paymentOptionDescription.amount
    words = {**_route(addressee), **_notice(addressee, nav), "amount": money.to_wire(amount)}
    if payment.transfer_type is not None:
        words["transferType"] = payment.transfer_type
    return _step(caller.ask(operation, words))


def _sent(caller: Caller, words: dict[str, Any], payment: Payment) -> Iterator[Step]:
    operation = "paSendRTV2" if payment.v2 else "paSendRT"
    accepted = False
    for _ in range(payment.times):
        judged = caller.ask(operation, words)
        repeated = accepted and judged.verdict is Verdict.REFUSED and _is_duplicate(judged)
        accepted = accepted or judged.verdict is Verdict.OK
        yield _receipt_step(judged, payment, repeated=repeated)


def _receipt_step(judged: JudgedReply, payment: Payment, *, repeated: bool) -> Step:
    """Return the step of a receipt; any well-formed answer ends its delivery (Messages, rule 5)."""
    if judged.verdict is Verdict.OK:
        note = f"receipt {payment.receipt_id}"
    elif repeated:
        note = f"it was accepted before; {ENDS}"
    elif judged.verdict is Verdict.REFUSED:
        note = ENDS
    else:
        note = AGAIN
    good = repeated or judged.verdict is Verdict.OK
    return Step(judged, good, report.line(judged, note))


def _is_duplicate(judged: JudgedReply) -> bool:
    assert judged.answer is not None
    return bool(judged.answer.fault.faultCode == PaaFault.PAA_RECEIPT_DUPLICATA.code)


def _step(judged: JudgedReply) -> Step:
    return Step(judged, judged.verdict is Verdict.OK, report.line(judged))


def _route(addressee: Addressee) -> dict[str, Any]:
    return {
        "idPA": addressee.organization,
        "idBrokerPA": addressee.broker,
        "idStation": addressee.station,
    }


def _notice(addressee: Addressee, nav: str) -> dict[str, Any]:
    return {"qrCode": {"fiscalCode": addressee.organization, "noticeNumber": nav}}
