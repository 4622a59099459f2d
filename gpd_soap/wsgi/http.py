"""HTTP as both faces speak it: short answers, and whether we are alive and ready."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from gpd_soap.core.exchange import NOT_GIVEN

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

#: The facts that must hold: a name, whether it holds, and a word on it.
Ready = Callable[[], Iterable[tuple[str, bool, str]]]

LIVE, READY = "/health/live", "/health/ready"


def answer(
    start_response: StartResponse,
    status: str,
    body: bytes = b"",
    kind: str = "text/plain",
    *,
    allow: str = "",
    retry_after: int = 0,
) -> list[bytes]:
    """Answer with a body, or with the status in words where there is none."""
    content = body or status.encode() + b"\n"
    headers = [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(content)))]
    if allow:
        headers.append(("Allow", allow))
    if retry_after:
        headers.append(("Retry-After", str(retry_after)))
    start_response(status, headers)
    return [content]


def caller(environ: Environ) -> str:
    """Who asks: the name on the certificate where one was asked for, or else the address."""
    name: str = environ.get("REMOTE_USER") or environ.get("REMOTE_ADDR") or NOT_GIVEN
    return name


def body(environ: Environ, most: int) -> bytes | str:
    """The whole body, or the status of a refusal where it is longer than `most` bytes.

    What says that it is longer is not read; what does not say is read so far and no further.  A
    body that does not arrive is refused too.
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
    """Answer the two questions of whoever keeps us running; 503 while something is missing."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return answer(start_response, "405 Method Not Allowed", allow="GET, HEAD")
    well, body = state(ready() if environ["PATH_INFO"] == READY else ())
    status = "200 OK" if well else "503 Service Unavailable"
    return answer(start_response, status, body, "application/json")


def state(facts: Iterable[tuple[str, bool, str]]) -> tuple[bool, bytes]:
    """Whether all that must hold does, and how that is told."""
    told, well = {}, True
    for name, holds, word in facts:
        told[name] = word if holds else f"FAIL: {word}"
        well = well and holds
    return well, json.dumps({"status": "up" if well else "down", **told}).encode()
