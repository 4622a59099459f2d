"""What a browser may do with the answers of the admin face, and the page at its root."""

from __future__ import annotations

from flask import Response, request

from gpd_soap import __version__
from gpd_soap.api.problems import CONTENT_TYPE
from gpd_soap.wsgi.http import HTML, page

#: Nothing may be loaded into an answer, and no page may show it in a frame.
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
#: The headers of every answer.
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": NOTHING,
}
#: The headers of an answer with data or of a refusal, which no cache may keep.
PRIVATE = {**ALWAYS, "Cache-Control": "no-store"}
#: WHY: the page of the document has scripts and styles of its own, some of them inside it.
DOCUMENT = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none';"
    " base-uri 'none'; form-action 'none'"
)
#: The endpoints of that page, and of its files.
DOCUMENT_PAGES = frozenset({"docs", "swagger.swagger", "swagger.oauth2-redirect"})
#: The endpoints whose answers are the same for everybody until the next version.
PUBLIC = DOCUMENT_PAGES | {"swagger.static", "openapi", "asyncapi", "home", "info", "info/v2"}


def home() -> Response:
    """Return a page that leads to what the admin face has for a person."""
    links = {
        "/docs": "the REST API, to read and to try",
        "/openapi.json": "its OpenAPI document",
        "/asyncapi.json": "the AsyncAPI document of the events that are sent",
        "/health/ready": "whether all is there that an answer needs",
    }
    text = f"The administrators' face of gpd-soap {__version__}. The API requires a key."
    return Response(page("gpd-soap: administration", text, links), content_type=HTML)


def secure(response: Response) -> Response:
    """Add the headers that tell a browser how to treat the answer."""
    is_public = request.endpoint in PUBLIC and response.mimetype != CONTENT_TYPE
    response.headers.update(ALWAYS if is_public else PRIVATE)
    if request.endpoint in DOCUMENT_PAGES:
        response.headers["Content-Security-Policy"] = DOCUMENT
    return response
