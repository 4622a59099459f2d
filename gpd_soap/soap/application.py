"""The Spyne application: service, protocol and documents, put together."""

from __future__ import annotations

from collections.abc import Sequence

import spyne.const
from spyne import Application

from gpd_soap.contract.documents import Documents
from gpd_soap.contract.schema import Schema
from gpd_soap.core.exchange import ExchangeObserver
from gpd_soap.soap import codec, models
from gpd_soap.soap.protocol import NodeProtocol
from gpd_soap.soap.service import PaForNode
from gpd_soap.soap.transport import NodeEndpoint
from gpd_soap.usecases.node import NodeService


class _Published:
    """What Spyne shows as its interface: the published WSDL, never one that it would make."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def get_interface_document(self) -> bytes:
        return self._documents.wsdl


def node_application(
    desk: NodeService,
    schema: Schema,
    documents: Documents,
    witnesses: Sequence[ExchangeObserver],
    *,
    check_answers: bool,
    max_body: int,
) -> NodeEndpoint:
    """The WSGI application that answers the Node's messages by asking `desk`.

    `witnesses` are told of each exchange when it is over, one after the other.
    """
    # WHY: Spyne collects garbage once a second in the middle of an answer.
    spyne.const.MIN_GC_INTERVAL = float("inf")
    protocol = NodeProtocol(schema, check_answers=check_answers)
    application = Application(
        [PaForNode],
        # WHY: Spyne finds a method by this namespace and its request's name, which is what the
        # payload is called; the WSDL's own target namespace is in the published document.
        tns=models.NAMESPACE,
        name="paForNodeService",
        in_protocol=protocol,
        out_protocol=NodeProtocol(schema, check_answers=check_answers),
        config=desk,
        documents_container=lambda _interface: _Documents(documents),
    )
    for descriptor in PaForNode.public_methods.values():
        codec.reader(descriptor.in_message)
        codec.writer(descriptor.out_message)
    return NodeEndpoint(application, desk.clock, witnesses, max_body=max_body)


class _Documents:
    """Spyne's container for interface documents, with one in it."""

    def __init__(self, documents: Documents) -> None:
        self.wsdl11 = _Published(documents)
