"""HTTP for both faces: short answers, request bodies, and the health checks."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gpd_soap.core.exchange import NOT_GIVEN

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

#: Returns the facts that must hold: name, whether it holds, and a text.
Ready = Callable[[], Iterable[tuple[str, bool, str]]]

LIVE, READY = "/health/live", "/health/ready"
HTML = "text/html; charset=utf-8"
#: The methods that read.
READING = ("GET", "HEAD")


def answer(
    start_response: StartResponse,
    status: str,
    body: bytes = b"",
    kind: str = "text/plain",
    *,
    allow: str = "",
    retry_after: int = 0,
) -> list[bytes]:
    """Answer with a body; without one, the body is the status."""
    content = body or status.encode() + b"\n"
    headers = [
        ("Content-Type", f"{kind}; charset=utf-8"),
        ("Content-Length", str(len(content))),
        ("X-Content-Type-Options", "nosniff"),
    ]
    if allow:
        headers.append(("Allow", allow))
    if retry_after:
        headers.append(("Retry-After", str(retry_after)))
    start_response(status, headers)
    return [content]


def caller(environ: Environ) -> str:
    """Return the name on the caller's certificate or, without one, the caller's address."""
    name: str = environ.get("REMOTE_USER") or environ.get("REMOTE_ADDR") or NOT_GIVEN
    return name


def body(environ: Environ, most: int) -> bytes | str:
    """Return the whole body, or the status of the refusal if it is not readable.

    A body whose Content-Length exceeds `most` bytes is not read.  Without Content-Length, at most
    `most + 1` bytes are read.  A body that does not arrive is refused with 400.
    """
    length = environ.get("CONTENT_LENGTH") or ""
    if length and not (length.isascii() and length.isdigit()):
        return "400 Bad Request"
    if length and int(length) > most:
        return "413 Content Too Large"
    try:
        content: bytes = environ["wsgi.input"].read(int(length) if length else most + 1)
    except OSError:
        return "400 Bad Request"
    return "413 Content Too Large" if len(content) > most else content


def health(ready: Ready, environ: Environ, start_response: StartResponse) -> list[bytes]:
    """Answer the live and the ready check; the status is 503 while a fact does not hold."""
    if environ["REQUEST_METHOD"] not in READING:
        return answer(start_response, "405 Method Not Allowed", allow="GET, HEAD")
    healthy, body = state(ready() if environ["PATH_INFO"] == READY else ())
    status = "200 OK" if healthy else "503 Service Unavailable"
    return answer(start_response, status, body, "application/json")


def page(title: str, text: str, links: Mapping[str, str]) -> bytes:
    """Return a page in HTML; `links` are texts by address."""
    items = "".join(
        f'<li><a href="{html.escape(address)}">{html.escape(address)}</a>: {html.escape(about)}\n'
        for address, about in links.items()
    )
    head = f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n'
    return f"{head}<h1>{title}</h1>\n<p>{html.escape(text)}</p>\n<ul>\n{items}</ul>\n".encode()


def state(facts: Iterable[tuple[str, bool, str]]) -> tuple[bool, bytes]:
    """Return whether every fact holds, and the facts as JSON."""
    texts, healthy = {}, True
    for name, holds, text in facts:
        texts[name] = text if holds else f"FAIL: {text}"
        healthy = healthy and holds
    return healthy, json.dumps({"status": "up" if healthy else "down", **texts}).encode()
