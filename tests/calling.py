"""Calling a WSGI application as a server does, with bytes in and bytes out."""

import io
from typing import Any, NamedTuple

from gpd_soap.web import Wsgi


class Answered(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


def call(face: Wsgi, method: str, path: str, body: bytes = b"", **headers: Any) -> Answered:
    """Make one request; a header is named as in WSGI, such as HTTP_SOAPACTION or CONTENT_TYPE."""
    told: list[tuple[str, dict[str, str]]] = []
    place, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": place,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **headers,
    }

    def start_response(status: str, fields: list[tuple[str, str]]) -> None:
        told.append((status, dict(fields)))

    answered = b"".join(face(environ, start_response))
    [(status, fields)] = told
    assert fields["Content-Length"] == str(len(answered))
    return Answered(int(status[:3]), fields, answered)
