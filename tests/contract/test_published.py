"""Is what we wrote the published contract, and do strangers' tools understand it?"""

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
    asked: list[str]

    def do_GET(self) -> None:
        """Look the document up; there is nothing else here."""
        self.asked.append(self.path)
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        name = query.get("xsd", [""])[0]
        body = self.documents.wsdl if "wsdl" in query else self.documents.schema(name)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[tuple[str, list[str]]]:
    """Our documents on a real port: their public address, and what was asked of it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Served) as server:
        url = f"http://127.0.0.1:{server.server_port}/partner"
        Served.documents, Served.asked = Documents(url), []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield url, Served.asked
        finally:
            server.shutdown()
            thread.join()


def stranger(url: str) -> Any:
    """Make the client that an integrator makes, from the public address alone."""
    client: Any = zeep.Client
    return client(f"{url}?wsdl")


def test_every_operation_element_type_and_facet_is_the_published_one():
    """Two parties that hold this contract and the published one can exchange every message."""
    assert list(differences(published(), contract_of(OURS))) == []


def test_the_served_documents_are_still_the_published_contract(tmp_path: Path):
    """What an address in the documents changes is the address only."""
    documents = Documents("https://ec.example/partner")
    asked = b"https://ec.example/partner?xsd="
    for name in ("paForNode.xsd", "sac-common-types-1.0.xsd"):
        served_schema = documents.schema(name)
        assert served_schema is not None
        (tmp_path / name).write_bytes(served_schema.replace(asked, b""))
    wsdl = tmp_path / "paForNode.wsdl"
    wsdl.write_bytes(documents.wsdl.replace(asked, b""))

    assert list(differences(published(), contract_of(wsdl))) == []


def test_a_soap_client_builds_itself_from_the_served_documents():
    """An integrator points a client at `?wsdl`, and every operation is there."""
    with served() as (url, asked):
        client = stranger(url)

    (service,) = client.wsdl.services.values()
    (port,) = service.ports.values()
    ours = {operation.name for operation in Schema().operations.values()}
    assert set(port.binding._operations) == ours
    assert len(ours) == 6
    assert port.binding_options["address"] == url
    assert asked == [
        "/partner?wsdl",
        "/partner?xsd=paForNode.xsd",
        "/partner?xsd=sac-common-types-1.0.xsd",
    ]


def test_what_a_soap_client_writes_keeps_the_contract():
    """A stranger's serialiser, fed by our documents, makes a message that we accept."""
    with served() as (url, _):
        client = stranger(url)
    header = {"idPA": "77777777777", "idBrokerPA": "77777777777", "idStation": "77777777777_01"}

    envelope = client.create_message(
        client.service, "paVerifyPaymentNotice", **header, qrCode=NOTICE
    )

    assert Schema().check(envelope[-1][0]) is None
