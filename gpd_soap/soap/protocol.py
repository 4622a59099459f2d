"""SOAP 1.1 for paForNode: Spyne's protocol with one parse, the published schema, and its answers.

Spyne asks a protocol four things of a request (parse it, find the payload, find the operation,
make it an object).  Each is answered here by the contract and the codec; so are its answers.
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from spyne import Fault
from spyne.protocol.soap import Soap11

from gpd_soap.contract.parsing import parse_written
from gpd_soap.contract.schema import Schema, Violation
from gpd_soap.core.exchange import NOT_GIVEN
from gpd_soap.soap import codec
from gpd_soap.soap.envelope import SOAP11, NotSoap, open_envelope
from gpd_soap.soap.node_rules import broken_rule

#: What stands around the payload of an answer.
BEGIN = (
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    f'<soapenv:Envelope xmlns:soapenv="{SOAP11}"><soapenv:Body>'
).encode()
END = b"</soapenv:Body></soapenv:Envelope>"

RECEIPTS = ("paSendRT", "paSendRTV2")

#: LIMIT: an answer of so few bytes is checked once, and so many are remembered as found right;
#: every receipt has the same OK.
SHORT, REMEMBERED = 200, 100

#: LIMIT: stText35.
LONGEST_CODE = 35


class Unavailable(Fault):
    """We failed on a receipt: at transport level, so that the Node sends it again (DESIGN 5)."""

    def __init__(self) -> None:
        """Say no more than that."""
        super().__init__("Server", "The service is not available: send the message again.")


class BrokenAnswer(Exception):
    """An answer that the Node would not take; the message names the rule."""


class NodeProtocol(Soap11):
    """Both directions of every exchange; shared by threads."""

    def __init__(self, schema: Schema, *, check_answers: bool) -> None:
        """Take the published schema; answers go out unchecked only where that was asked for."""
        super().__init__()
        self.schema, self.check_answers = schema, check_answers
        self._right: set[bytes] = set()
        self._around = {o.name: _around(o.response) for o in schema.operations.values()}

    def create_in_document(self, ctx: Any, _charset: str | None = None) -> None:
        """Parse, once; anything that is not SOAP 1.1 ends here, as a SOAP Fault."""
        payload = open_envelope(ctx.udc.raw, ctx.udc.charset)
        if isinstance(payload, NotSoap):
            raise Fault(payload.code, payload.reason)
        ctx.in_document = ctx.in_body_doc = payload

    def decompose_incoming_envelope(self, ctx: Any, message: Any = None) -> None:
        """Dispatch on the payload's name alone, whatever the SOAPAction says."""
        operation = self.schema.operations.get(ctx.in_body_doc.tag)
        if operation is None:
            raise Fault("Client", "The Body carries no request of paForNode.")
        ctx.method_request_string = operation.request
        ctx.udc.operation = operation.name
        ctx.udc.organization = identified(ctx.in_body_doc)

    def generate_method_contexts(self, ctx: Any) -> list[Any]:
        """Name the one method that answers."""
        [ctx.descriptor] = self.app.interface.service_method_map[ctx.method_request_string]
        ctx.function = ctx.descriptor.function
        return [ctx]

    def deserialize(self, ctx: Any, message: Any) -> None:
        """Hold the payload against the contract; make it a model, or note what it breaks."""
        ctx.udc.violation = self.schema.check(ctx.in_body_doc)
        if ctx.udc.violation is None:
            read = codec.reader(ctx.descriptor.in_message)
            say = ctx.udc.content.append if ctx.udc.operation in RECEIPTS else None
            try:
                ctx.in_object = read(ctx.in_body_doc, say)
            except codec.NotParsable as error:
                ctx.udc.violation = Violation(str(error), "value")
            else:
                ctx.udc.request = ctx.in_object

    def answer_of(self, answer: Any, operation: str) -> bytes:
        """The whole message of an answer, its payload written and then checked as it will be read.

        BrokenAnswer for one that breaks the contract or the Node's extra rules; codec.Unsayable
        for what no message can carry.
        """
        payload = self._written(answer, operation)
        if self.check_answers:
            self._check(payload, answer, operation)
        return b"".join((BEGIN, payload, END))

    def _check(self, payload: bytes, answer: Any, operation: str) -> None:
        short = len(payload) <= SHORT
        if short and payload in self._right:
            return
        if broken := self._broken(payload, answer, operation):
            raise BrokenAnswer(str(broken[0]))
        if short and len(self._right) < REMEMBERED:
            self._right.add(payload)

    def breaches(self, answer: Any, operation: str) -> list[Violation]:
        """Every rule for which an answer would not be taken, or could not even be written."""
        try:
            payload = self._written(answer, operation)
        except codec.NotSerializable as error:
            return [Violation(str(error), "value", "what a message can carry")]
        return self._broken(payload, answer, operation)

    def _written(self, answer: Any, operation: str) -> bytes:
        begin, end = self._around[operation]
        model: Any = type(answer)
        return f"{begin}{codec.writer(model)(answer)}{end}".encode()

    def _broken(self, payload: bytes, answer: Any, operation: str) -> list[Violation]:
        """What breaks the contract; where nothing does, the first of the Node's rules."""
        broken = self.schema.violations(parse_written(payload))
        rule = None if broken else broken_rule(answer)
        return broken if rule is None else [Violation(operation, rule)]

    def create_out_string(self, ctx: Any, _charset: str | None = None) -> None:
        """A SOAP Fault, which Spyne has made, in bytes with the declaration that clients expect.

        Any other answer was bytes when it was given: see `gpd_soap.soap.service`.
        """
        ctx.out_string = [etree.tostring(ctx.out_document, encoding="UTF-8", xml_declaration=True)]

    def fault_to_http_response_code(self, fault: Fault) -> str:
        """500 as SOAP 1.1 wants it, and 503 where the sender must come again."""
        unavailable = isinstance(fault, Unavailable)
        return "503 Service Unavailable" if unavailable else "500 Internal Server Error"


def _around(response: str) -> tuple[str, str]:
    """What stands before the members of an answer, and what behind them."""
    name = etree.QName(response)
    return f'<paf:{name.localname} xmlns:paf="{name.namespace}">', f"</paf:{name.localname}>"


def identified(payload: etree._Element) -> str:
    """The organization that a request is for, as far as it can be told; a sane text in any case."""
    for child in payload:
        if str(child.tag).rpartition("}")[2] == "idPA":
            text = (child.text or "").strip()
            return text if 1 <= len(text) <= LONGEST_CODE and text.isprintable() else NOT_GIVEN
    return NOT_GIVEN
