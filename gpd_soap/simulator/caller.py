"""Sends the Node's requests: zeep writes each message from our WSDL.

WHY: zeep is a SOAP client that others write, so that it reads our WSDL as any client may.
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
from gpd_soap.simulator.judging import JudgedReply, NoReply, Reply, judge_reply
from gpd_soap.simulator.request import Timeouts, Unusable
from gpd_soap.soap.envelope import BODY

BINDING = "{http://pagopa-api.pagopa.gov.it/paForNode}paForNodeBinding"


class _Exchange(NamedTuple):
    """A message and its reply; zeep returns it unread."""

    sent: bytes
    reply: Reply | NoReply
    seconds: float


class Caller:
    """The Node as a client of one endpoint."""

    def __init__(self, http: HttpClient, schema: Schema, timeouts: Timeouts | None = None) -> None:
        """Create a SOAP client of the endpoint from the contract on disk."""
        self.schema, self.timeouts, self._http = schema, timeouts or Timeouts(), http
        self._operations = {each.name: each for each in schema.operations.values()}
        client = zeep.Client(  # type: ignore[no-untyped-call]  # zeep has no types
            str(contract_folder() / WSDL),
            transport=_Transport(self),
            settings=zeep.Settings(raw_response=True),
        )
        self._service = client.create_service(  # type: ignore[no-untyped-call]  # zeep has no types
            BINDING, http.url
        )

    def ask(self, operation: str, words: Mapping[str, Any]) -> JudgedReply:
        """Send one request and return its judged reply; `words` are named as in the contract.

        Raises Unusable if the request would break the contract.
        """
        try:
            exchange: _Exchange = self._service[operation](**words)
        except (zeep.exceptions.Error, ValueError) as error:
            raise Unusable(f"{operation} cannot be sent: {error}") from None
        return judge_reply(self.schema, self._operations[operation], *exchange)

    def forward(self, raw: bytes, operation: Operation | None) -> tuple[Reply | NoReply, float]:
        """Post bytes unchanged; return the reply and its duration in seconds."""
        is_receipt = operation is not None and operation.name.startswith("paSendRT")
        seconds = self.timeouts.receipt if is_receipt else self.timeouts.question
        begun = perf_counter()
        reply = self._http.post(raw, operation.action if operation else "", seconds)
        return reply, perf_counter() - begun

    def send(self, envelope: etree._Element) -> _Exchange:
        """Post an envelope that zeep has built.  Raises Unusable if it breaks the contract."""
        body = envelope.find(BODY)
        assert body is not None
        payload = body[0]
        violation = self.schema.check(payload)
        if violation is not None:
            expected = f", expected {violation.expected}" if violation.expected else ""
            raise Unusable(f"the contract forbids {violation.subject}: {violation.rule}{expected}")
        raw = etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)
        return _Exchange(raw, *self.forward(raw, self.schema.operations[str(payload.tag)]))


class _Transport:
    """The transport of zeep: it reads files from disk alone and sends through the caller."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def load(self, path: str) -> bytes:
        if "://" in path:
            raise Unusable(f"{path}: the contract is read from disk alone")
        return Path(path).read_bytes()

    def post_xml(
        self, _address: str, envelope: etree._Element, _headers: Mapping[str, str]
    ) -> _Exchange:
        return self._caller.send(envelope)
