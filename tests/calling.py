"""Calls the node face as a server does, and checks every SOAP answer against the contract."""

import io
from typing import Any, NamedTuple

from gpd_soap.contract.schema import Schema
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.wsgi.http import Wsgi

CONTRACT = Schema()


class Response(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def call(face: Wsgi, method: str, path: str, body: bytes = b"", **headers: Any) -> Response:
    """Return the answer to one request; headers are named as in WSGI, such as HTTP_SOAPACTION."""
    started: list[tuple[str, dict[str, str]]] = []
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **headers,
    }

    def start_response(status: str, fields: list[tuple[str, str]]) -> None:
        started.append((status, dict(fields)))

    content = b"".join(face(environ, start_response))
    [(status, fields)] = started
    if method == "HEAD":
        assert content == b""
    else:
        assert fields["Content-Length"] == str(len(content))
    if path.startswith("/partner") and method == "POST" and status.startswith("200"):
        payload = open_envelope(content)
        assert not isinstance(payload, NotSoap)
        assert CONTRACT.check(payload) is None
    return Response(int(status[:3]), fields, content)
