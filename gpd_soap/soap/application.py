"""Builds the Spyne application from service, protocol and documents."""

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
    """The interface document that Spyne serves: the published WSDL instead of a generated one."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def get_interface_document(self) -> bytes:
        return self._documents.wsdl


def node_application(
    service: NodeService,
    schema: Schema,
    documents: Documents,
    observers: Sequence[ExchangeObserver],
    *,
    check_answers: bool,
    max_body: int,
) -> NodeEndpoint:
    """Return the WSGI application that answers the Node's messages with `service`.

    Each of `observers` is called, in order, with the record of each finished exchange.
    """
    # WHY: Spyne collects garbage once a second, which would delay the answer at hand.
    spyne.const.MIN_GC_INTERVAL = float("inf")
    protocol = NodeProtocol(schema, check_answers=check_answers)
    application = Application(
        [PaForNode],
        # WHY: Spyne finds a method by the name of its request in this namespace, so this is the
        # payload's namespace.  The WSDL has another target namespace.
        tns=models.NAMESPACE,
        name="paForNodeService",
        in_protocol=protocol,
        out_protocol=NodeProtocol(schema, check_answers=check_answers),
        config=service,
        documents_container=lambda _interface: _Documents(documents),
    )
    for descriptor in PaForNode.public_methods.values():
        codec.reader(descriptor.in_message)
        codec.writer(descriptor.out_message)
    return NodeEndpoint(application, service.clock, observers, max_body=max_body)


class _Documents:
    """Spyne's container for interface documents, with the WSDL alone."""

    def __init__(self, documents: Documents) -> None:
        self.wsdl11 = _Published(documents)
