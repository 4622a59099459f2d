"""Judges replies as the Node does.

SPEC: Messages, rule 6, and Errors: the codes that the Node gives to the payer's PSP.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique
from http import HTTPStatus
from typing import Any

from lxml import etree

from gpd_soap.contract.schema import Operation, Schema
from gpd_soap.soap import codec, models
from gpd_soap.soap.envelope import SOAP11, NotSoap, open_envelope
from gpd_soap.soap.node_rules import broken_rule

FAULT = f"{{{SOAP11}}}Fault"

#: The model of each answer, by the name of its root.
ANSWERS: dict[str, Any] = {
    model.get_type_name(): model
    for model in (
        models.PaVerifyPaymentNoticeRes,
        models.PaGetPaymentRes,
        models.PaGetPaymentV2Response,
        models.PaSendRTRes,
        models.PaSendRTV2Response,
        models.PaDemandPaymentNoticeResponse,
    )
}


@unique
class Verdict(Enum):
    """The Node's verdict on an exchange; the value is its code for the payer's PSP."""

    OK = ""
    REFUSED = "PPT_ERRORE_EMESSO_DA_PAA"
    BROKEN = "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE"
    TIMEOUT = "PPT_STAZIONE_INT_PA_TIMEOUT"
    UNREACHABLE = "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE"


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP answer."""

    status: int
    body: bytes
    charset: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the HTTP status is 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True)
class NoReply:
    """An exchange without an HTTP answer, or with one that cannot be read."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class JudgedReply:
    """One exchange: the message, its reply and the Node's verdict.

    `detail` is the reason of a verdict other than OK.  `answer` is None unless the verdict is OK or
    REFUSED.
    """

    operation: str
    verdict: Verdict
    detail: str
    answer: models.Response | None
    sent: bytes
    reply: Reply | None
    seconds: float


def judge_reply(
    schema: Schema, operation: Operation, sent: bytes, reply: Reply | NoReply, seconds: float
) -> JudgedReply:
    """Return the judged reply to a message of `operation`."""
    if isinstance(reply, NoReply):
        return JudgedReply(operation.name, reply.verdict, reply.reason, None, sent, None, seconds)
    answer = answer_in(schema, operation, reply)
    if isinstance(answer, str):
        return JudgedReply(operation.name, Verdict.BROKEN, answer, None, sent, reply, seconds)
    if answer.outcome == "OK":
        return JudgedReply(operation.name, Verdict.OK, "", answer, sent, reply, seconds)
    why = reason_of(answer)
    return JudgedReply(operation.name, Verdict.REFUSED, why, answer, sent, reply, seconds)


def answer_in(schema: Schema, operation: Operation, reply: Reply) -> models.Response | str:
    """Return the answer in a reply, or the rule by which the Node would reject it."""
    payload = open_envelope(reply.body, reply.charset)
    if not reply.is_success:
        return f"HTTP {reply.status}{_fault_in(payload)}"
    if isinstance(payload, NotSoap):
        return payload.reason
    if payload.tag != operation.response:
        expected = etree.QName(operation.response).localname
        return f"{expected} expected, found {payload.tag!s}{_fault_in(payload)}"
    violation = schema.check(payload)
    if violation is not None:
        return str(violation)
    return _read(operation, payload)


def _read(operation: Operation, payload: etree._Element) -> models.Response | str:
    model = ANSWERS[etree.QName(operation.response).localname]
    try:
        answer: models.Response = codec.reader(model)(payload)
    except codec.NotParsable as error:
        return f"{error}: not a value that can be read"
    return broken_rule(answer) or answer


def reason_of(refusal: models.Response) -> str:
    """Return code, text and description of a KO."""
    fault = refusal.fault
    reason = f"{fault.faultCode}: {fault.faultString}"
    return f"{reason} - {fault.description}" if fault.description else reason


def fault_of(payload: etree._Element | NotSoap) -> str | None:
    """Return code and reason of a SOAP Fault, or None for any other payload."""
    if isinstance(payload, NotSoap) or payload.tag != FAULT:
        return None
    code, reason = payload.findtext("faultcode", ""), payload.findtext("faultstring", "")
    return f"SOAP Fault {code}: {reason}"


def _fault_in(payload: etree._Element | NotSoap) -> str:
    fault = fault_of(payload)
    return f", {fault}" if fault else ""
