"""What came back, judged as the Node judges it.

Source: spec/pagopa-ec.md 2.3, how the Node reacts, and 1.7, what it rejects.
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
    """What the Node makes of an exchange; the value is what it tells the payer's PSP."""

    OK = ""
    REFUSED = "PPT_ERRORE_EMESSO_DA_PAA"
    BROKEN = "PPT_STAZIONE_INT_PA_ERRORE_RESPONSE"
    TIMEOUT = "PPT_STAZIONE_INT_PA_TIMEOUT"
    UNREACHABLE = "PPT_STAZIONE_INT_PA_IRRAGGIUNGIBILE"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, whole."""

    status: int
    body: bytes
    charset: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether HTTP itself says yes."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True)
class NoReply:
    """No HTTP answer, or none that can be taken."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class JudgedReply:
    """One exchange: what was sent, what came back, and what the Node makes of it.

    `detail` says why the verdict is not OK; `answer` is there for OK and REFUSED.
    """

    operation: str
    verdict: Verdict
    detail: str
    answer: models.Response | None
    sent: bytes
    reply: Reply | None
    seconds: float

    @property
    def is_receipt(self) -> bool:
        """Whether a receipt was sent: the Node sends one again until it is taken."""
        return self.operation.startswith("paSendRT")


def heard(
    schema: Schema, operation: Operation, sent: bytes, reply: Reply | NoReply, seconds: float
) -> JudgedReply:
    """Judge what came back for `operation`."""
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
    """The answer that a reply carries, or the rule for which the Node would not take it."""
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
    """Everything that a KO says for itself."""
    fault = refusal.fault
    said = f"{fault.faultCode}: {fault.faultString}"
    return f"{said} - {fault.description}" if fault.description else said


def fault_of(payload: etree._Element | NotSoap) -> str | None:
    """What a SOAP Fault says, or None for anything else."""
    if isinstance(payload, NotSoap) or payload.tag != FAULT:
        return None
    code, reason = payload.findtext("faultcode", ""), payload.findtext("faultstring", "")
    return f"SOAP Fault {code}: {reason}"


def _fault_in(payload: etree._Element | NotSoap) -> str:
    said = fault_of(payload)
    return f", {said}" if said else ""
