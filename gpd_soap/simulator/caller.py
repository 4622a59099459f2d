"""Asking as the Node does: zeep writes the message from our WSDL, the contract judges the answer.

zeep is somebody else's SOAP client; what it makes of our WSDL is what any client may make of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import zeep
import zeep.exceptions
from lxml import etree

from gpd_soap.contract.documents import WSDL, contract_folder
from gpd_soap.contract.schema import Operation, Schema
from gpd_soap.simulator.http import HttpClient
from gpd_soap.simulator.judging import JudgedReply, NoReply, Reply, heard
from gpd_soap.simulator.request import Timeouts, Unusable
from gpd_soap.soap.envelope import BODY

BINDING = "{http://pagopa-api.pagopa.gov.it/paForNode}paForNodeBinding"


class _Exchanged(NamedTuple):
    """What zeep hands back unread."""

    sent: bytes
    reply: Reply | NoReply
    seconds: float


class Caller:
    """The Node's side of a line."""

    def __init__(self, line: HttpClient, schema: Schema, patience: Timeouts | None = None) -> None:
        """Make a SOAP client for the endpoint out of the contract on disk."""
        self.schema, self.patience, self._line = schema, patience or Timeouts(), line
        self._operations = {each.name: each for each in schema.operations.values()}
        client = zeep.Client(  # type: ignore[no-untyped-call]  # zeep has no types
            str(contract_folder() / WSDL),
            transport=_Transport(self),
            settings=zeep.Settings(raw_response=True),
        )
        self._service = client.create_service(  # type: ignore[no-untyped-call]  # zeep has no types
            BINDING, line.url
        )

    def ask(self, operation: str, words: Mapping[str, Any]) -> JudgedReply:
        """Ask one thing, in the contract's words, and judge what comes back."""
        try:
            exchanged: _Exchanged = self._service[operation](**words)
        except (zeep.exceptions.Error, ValueError) as error:
            raise Unusable(f"{operation} cannot be asked so: {error}") from None
        return heard(self.schema, self._operations[operation], *exchanged)

    def forward(self, raw: bytes, operation: Operation | None) -> tuple[Reply | NoReply, float]:
        """Post bytes as they are; gives what came back, and after how many seconds."""
        is_receipt = operation is not None and operation.name.startswith("paSendRT")
        seconds = self.patience.receipt if is_receipt else self.patience.question
        begun = perf_counter()
        reply = self._line.post(raw, operation.action if operation else "", seconds)
        return reply, perf_counter() - begun

    def send(self, envelope: etree._Element) -> _Exchanged:
        """Post what zeep has made, if it keeps to the contract."""
        body = envelope.find(BODY)
        assert body is not None
        payload = body[0]
        violation = self.schema.check(payload)
        if violation is not None:
            wanted = f", expected {violation.expected}" if violation.expected else ""
            raise Unusable(f"the contract forbids {violation.element}: {violation.rule}{wanted}")
        raw = etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)
        return _Exchanged(raw, *self.forward(raw, self.schema.operations[str(payload.tag)]))


class _Transport:
    """What zeep reads files and sends messages with; it has no way to fetch anything."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def load(self, path: str) -> bytes:
        if "://" in path:
            raise Unusable(f"{path}: the contract is read from disk alone")
        return Path(path).read_bytes()

    def post_xml(
        self, _address: str, envelope: etree._Element, _headers: Mapping[str, str]
    ) -> _Exchanged:
        return self._caller.send(envelope)
