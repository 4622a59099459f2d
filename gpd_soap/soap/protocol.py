"""SOAP 1.1 for paForNode: a protocol of Spyne that parses once and uses the published schema.

Spyne calls a protocol to parse a request, find its payload and its operation, and build its model.
The methods here do this with the contract and the codec, and write the answers with them too.
"""

from __future__ import annotations

import logging
from typing import Any

from lxml import etree
from spyne import Fault
from spyne.protocol.soap import Soap11

from gpd_soap.contract.parsing import parse_written
from gpd_soap.contract.schema import Schema, Violation
from gpd_soap.soap import codec
from gpd_soap.soap.envelope import SOAP11, NotSoap, open_envelope
from gpd_soap.soap.faulted import organization_of, receipt_in
from gpd_soap.soap.node_rules import broken_rule
from gpd_soap.store.database.errors import QuarantineFull

logger = logging.getLogger("gpd_soap.node")

#: The text before and after the payload of an answer.
BEGIN = (
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    f'<soapenv:Envelope xmlns:soapenv="{SOAP11}"><soapenv:Body>'
).encode()
END = b"</soapenv:Body></soapenv:Envelope>"

RECEIPTS = ("paSendRT", "paSendRTV2")

#: LIMIT: bytes of a short answer, and number of valid short answers that are not checked again.
#: WHY: every receipt has the same OK.
SHORT, REMEMBERED = 200, 100


class Unavailable(Fault):
    """A failure of ours on a receipt; the Node sends it again (Messages, rule 5)."""

    def __init__(self) -> None:
        """Take no detail, because the text is sent."""
        super().__init__("Server", "The service is not available: send the message again.")


class BrokenAnswer(Exception):
    """An answer that the Node would reject; the message names the rule."""


class NodeProtocol(Soap11):
    """Reads requests and writes answers; threads share it."""

    def __init__(self, schema: Schema, *, check_answers: bool) -> None:
        """`check_answers` says whether each answer is checked before it is sent."""
        super().__init__()
        self.schema, self.check_answers = schema, check_answers
        self._valid: set[bytes] = set()
        self._tags = {o.name: _tags(o.response) for o in schema.operations.values()}

    def create_in_document(self, ctx: Any, _charset: str | None = None) -> None:
        """Parse the message.  Raises Fault if it is not SOAP 1.1."""
        payload = open_envelope(ctx.udc.raw, ctx.udc.charset)
        if isinstance(payload, NotSoap):
            raise _fault(ctx, payload.code, payload.reason)
        ctx.in_document = ctx.in_body_doc = payload

    def decompose_incoming_envelope(self, ctx: Any, message: Any = None) -> None:
        """Find the operation by the name of the payload (Messages, rule 1), or raise Fault."""
        operation = self.schema.operations.get(ctx.in_body_doc.tag)
        if operation is None:
            raise _fault(ctx, "Client", "The Body carries no request of paForNode.")
        ctx.method_request_string = operation.request
        ctx.udc.operation = operation.name
        ctx.udc.organization = organization_of(ctx.in_body_doc)

    def generate_method_contexts(self, ctx: Any) -> list[Any]:
        """Return the one context, with the method that answers the request."""
        [ctx.descriptor] = self.app.interface.service_method_map[ctx.method_request_string]
        ctx.function = ctx.descriptor.function
        return [ctx]

    def deserialize(self, ctx: Any, message: Any) -> None:
        """Check the payload by the contract, then set its model or the rule that it breaks."""
        ctx.udc.violation = self.schema.check(ctx.in_body_doc)
        if ctx.udc.violation is None:
            read = codec.reader(ctx.descriptor.in_message)
            emit = ctx.udc.content.append if ctx.udc.operation in RECEIPTS else None
            try:
                ctx.in_object = read(ctx.in_body_doc, emit, ctx.udc.unreadable.append)
            except codec.NotParsable as error:
                ctx.udc.violation = Violation(str(error), "value")
            else:
                ctx.udc.request = ctx.in_object

    def serialize_answer(self, answer: Any, operation: str) -> bytes:
        """Return the message of an answer, with its payload checked as the Node will read it.

        Raises BrokenAnswer if it breaks the contract or a rule of the Node, and
        codec.NotSerializable if it has a value that no message can carry.
        """
        payload = self._payload(answer, operation)
        if self.check_answers:
            self._check(payload, answer, operation)
        return b"".join((BEGIN, payload, END))

    def _check(self, payload: bytes, answer: Any, operation: str) -> None:
        short = len(payload) <= SHORT
        if short and payload in self._valid:
            return
        if violations := self._violations(payload, answer, operation):
            raise BrokenAnswer(str(violations[0]))
        if short and len(self._valid) < REMEMBERED:
            self._valid.add(payload)

    def violations(self, answer: Any, operation: str) -> list[Violation]:
        """Return every rule that an answer breaks, or the value that no message can carry."""
        try:
            payload = self._payload(answer, operation)
        except codec.NotSerializable as error:
            return [Violation(str(error), "value", "what a message can carry")]
        return self._violations(payload, answer, operation)

    def _payload(self, answer: Any, operation: str) -> bytes:
        begin, end = self._tags[operation]
        model: Any = type(answer)
        return f"{begin}{codec.writer(model)(answer)}{end}".encode()

    def _violations(self, payload: bytes, answer: Any, operation: str) -> list[Violation]:
        """Return what breaks the contract, or else the first broken rule of the Node."""
        violations = self.schema.violations(parse_written(payload))
        rule = None if violations else broken_rule(answer)
        return violations if rule is None else [Violation(operation, rule)]

    def create_out_string(self, ctx: Any, _charset: str | None = None) -> None:
        """Write the SOAP Fault that Spyne built, with an XML declaration.

        Any other answer is bytes already: see `gpd_soap.soap.service`.
        """
        ctx.out_string = [etree.tostring(ctx.out_document, encoding="UTF-8", xml_declaration=True)]

    def fault_to_http_response_code(self, fault: Fault) -> str:
        """Return 503 for Unavailable, and 500 (SOAP 1.1, section 6.2) for any other fault."""
        unavailable = isinstance(fault, Unavailable)
        return "503 Service Unavailable" if unavailable else "500 Internal Server Error"


def _tags(response: str) -> tuple[str, str]:
    """Return the start tag and the end tag of an answer's payload."""
    name = etree.QName(response)
    return f'<paf:{name.localname} xmlns:paf="{name.namespace}">', f"</paf:{name.localname}>"


def _fault(ctx: Any, code: str, reason: str) -> Fault:
    """Return the Fault that answers a message; quarantine it first if it was sent as a receipt.

    Where quarantine is full, the Fault says to send the message again.
    SPEC: Receipts, rule 13.
    """
    raw, charset = ctx.udc.raw, ctx.udc.charset
    receipt = receipt_in(raw, charset)
    if receipt is not None:
        try:
            ctx.app.config.quarantine(
                receipt.organization, receipt.primitive, f"soap: {reason}", raw, charset
            )
        except QuarantineFull as full:
            logger.warning("a receipt with a SOAP Fault is not taken: %s", full)
            return Unavailable()
    return Fault(code, reason)
