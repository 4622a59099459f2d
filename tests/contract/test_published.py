"""Our documents are the published contract, and other tools can read them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import zeep

from gpd_soap.contract.documents import Documents
from gpd_soap.contract.schema import Schema
from tests.contract.checker import OURS, contract_of, differences, published

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTICE = {"fiscalCode": "77777777777", "noticeNumber": "301000000000000043"}


class Served(BaseHTTPRequestHandler):
    """Answers `?wsdl` and `?xsd=…` the way the node listener does."""

    documents: Documents
    requests: list[str]

    def do_GET(self) -> None:
        """Answer with the document of the query, or 404."""
        self.requests.append(self.path)
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        name = query.get("xsd", [""])[0]
        body = self.documents.wsdl if "wsdl" in query else self.documents.schema(name)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def served() -> Iterator[tuple[str, list[str]]]:
    """Serve our documents on a port; yield their public address and the requests."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Served) as server:
        url = f"http://127.0.0.1:{server.server_port}/partner"
        Served.documents, Served.requests = Documents(url), []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield url, Served.requests
        finally:
            server.shutdown()
            thread.join()


def soap_client(url: str) -> Any:
    """Return a client that is built from the public address alone."""
    client: Any = zeep.Client
    return client(f"{url}?wsdl")


def test_our_wsdl_is_the_published_contract():
    """Two parties with these documents can exchange every message."""
    assert list(differences(published(), contract_of(OURS))) == []


def test_served_documents_are_the_published_contract(tmp_path: Path):
    """The public address changes nothing else in the documents."""
    documents = Documents("https://ec.example/partner")
    address = b"https://ec.example/partner?xsd="
    for name in ("paForNode.xsd", "sac-common-types-1.0.xsd"):
        served_schema = documents.schema(name)
        assert served_schema is not None
        (tmp_path / name).write_bytes(served_schema.replace(address, b""))
    wsdl = tmp_path / "paForNode.wsdl"
    wsdl.write_bytes(documents.wsdl.replace(address, b""))

    assert list(differences(published(), contract_of(wsdl))) == []


def test_soap_client_is_built_from_the_served_documents():
    """A client that is given ?wsdl has every operation."""
    with served() as (url, requests):
        client = soap_client(url)

    (service,) = client.wsdl.services.values()
    (port,) = service.ports.values()
    ours = {operation.name for operation in Schema().operations.values()}
    assert set(port.binding._operations) == ours
    assert len(ours) == 6
    assert port.binding_options["address"] == url
    assert requests == [
        "/partner?wsdl",
        "/partner?xsd=paForNode.xsd",
        "/partner?xsd=sac-common-types-1.0.xsd",
    ]


def test_message_of_a_soap_client_is_valid():
    """A message that another program writes from our documents is accepted."""
    with served() as (url, _):
        client = soap_client(url)
    header = {"idPA": "77777777777", "idBrokerPA": "77777777777", "idStation": "77777777777_01"}

    envelope = client.create_message(
        client.service, "paVerifyPaymentNotice", **header, qrCode=NOTICE
    )

    assert Schema().check(envelope[-1][0]) is None
