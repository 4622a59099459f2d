"""The node listener: it serves messages, the contract, payment options and health."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from gpd_soap.contract.documents import Documents
from gpd_soap.soap.transport import NodeEndpoint
from gpd_soap.wsgi.http import LIVE, READY, Environ, Ready, StartResponse, answer, health
from gpd_soap.wsgi.payment_options import OPTIONS, PaymentOptions

#: Where messages are posted.
PARTNER = ("/partner", "/partner/")
XML = "text/xml"


class NodeFace:
    """Routes the requests of the node listener; no route leads to the admin face."""

    def __init__(
        self, endpoint: NodeEndpoint, options: PaymentOptions, documents: Documents, ready: Ready
    ) -> None:
        """`ready` returns the facts that must hold for the readiness check."""
        self._endpoint, self._options = endpoint, options
        self._documents, self._ready = documents, ready

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if path in PARTNER:
            if environ["REQUEST_METHOD"] == "GET":
                return self._contract(environ, start_response)
            return self._endpoint(environ, start_response)
        if path.startswith(OPTIONS):
            return self._options(environ, start_response)
        if path in (LIVE, READY):
            return health(self._ready, environ, start_response)
        return answer(start_response, "404 Not Found")

    def _contract(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        """Answer ?wsdl with the WSDL and ?xsd=NAME with a schema, and any other GET with 405."""
        query = {
            name.lower(): value
            for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        }
        if "wsdl" in query:
            return answer(start_response, "200 OK", self._documents.wsdl, XML)
        if "xsd" not in query:
            return answer(start_response, "405 Method Not Allowed", allow="POST")
        schema = self._documents.schema(query["xsd"])
        if schema is None:
            return answer(start_response, "404 Not Found")
        return answer(start_response, "200 OK", schema, XML)
