"""The node listener: it serves messages, the contract, payment options and health."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from gpd_soap import __version__
from gpd_soap.contract.documents import Documents
from gpd_soap.soap.transport import NodeEndpoint
from gpd_soap.wsgi.http import (
    LIVE,
    READING,
    READY,
    Environ,
    Ready,
    StartResponse,
    answer,
    health,
    page,
)
from gpd_soap.wsgi.payment_options import OPTIONS, PaymentOptions

#: Where messages are posted.
PARTNER = ("/partner", "/partner/")
XML = "text/xml"
#: What a person reads who opens the listener in a browser.
HOME = page(
    "gpd-soap: the Node's face",
    f"gpd-soap {__version__} answers pagoPA's Node here: SOAP messages are posted to /partner.",
    {
        "/partner?wsdl": "the contract, as WSDL",
        LIVE: "whether the process lives",
        READY: "whether all is there that an answer needs",
    },
)


class NodeFace:
    """Routes the requests of the node listener; no route leads to the admin face."""

    def __init__(
        self, endpoint: NodeEndpoint, options: PaymentOptions, documents: Documents, ready: Ready
    ) -> None:
        """`ready` returns the facts that must hold for the readiness check."""
        self._endpoint, self._options = endpoint, options
        self._documents, self._ready = documents, ready

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; HEAD as GET, without the body."""
        content = self._content(environ, start_response)
        # WHY: gunicorn would leave the body out too, and log a warning.
        return [] if environ["REQUEST_METHOD"] == "HEAD" else content

    def _content(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path, is_read = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"] in READING
        if path in PARTNER:
            if is_read:
                return self._contract(environ, start_response)
            return self._endpoint(environ, start_response)
        if path.startswith(OPTIONS):
            return self._options(environ, start_response)
        if path in (LIVE, READY):
            return health(self._ready, environ, start_response)
        if path == "/" and is_read:
            return answer(start_response, "200 OK", HOME, "text/html")
        return answer(start_response, "404 Not Found")

    def _contract(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        """Answer ?wsdl with the WSDL and ?xsd=NAME with a schema, and others with 405."""
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
