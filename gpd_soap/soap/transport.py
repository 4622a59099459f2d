"""The node listener's endpoint over HTTP: what may be posted, and Spyne's steps, one each."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any, NamedTuple

from spyne.protocol import ProtocolBase
from spyne.server.wsgi import WsgiApplication, WsgiMethodContext

from gpd_soap.clock import Clock
from gpd_soap.core.exchange import ExchangeObserver, ExchangeRecord
from gpd_soap.soap.exchange import Exchange
from gpd_soap.soap.protocol import Unavailable
from gpd_soap.wsgi.http import Environ, StartResponse, answer, body, caller

log = logging.getLogger("gpd_soap.node")

#: SPEC: DESIGN 3: these, or none at all; JSON, multipart and the rest are not for us.
XML_TYPES = ("text/xml", "application/xml", "text/plain", "application/soap+xml", "")


class _Context(WsgiMethodContext):
    """Spyne's record of one call, without what a server that only answers never uses.

    WHY: Spyne's own takes longer to make than a message takes to parse, because every attribute
    passes a guard; the class carries the defaults instead.
    """

    __setattr__ = object.__setattr__
    # WHY: plain attributes, where Spyne has properties that look after each other.
    descriptor = in_protocol = out_protocol = None
    transport: Any = None
    out_error: Any = None
    out_document: Any = None
    out_string: Any = None
    protocol = inprot_ctx = outprot_ctx = event = aux = None
    in_string = in_document = in_header_doc = in_body_doc = None
    in_error = in_header = in_object = None
    out_object = out_header = out_body_doc = out_header_doc = None
    out_stream = method_request_string = function = locale = None

    def __init__(self, server: Any, exchange: Exchange) -> None:
        self.app = server.app
        self.udc = exchange
        self.pusher_stack: list[Any] = []
        self.in_protocol = self.app.in_protocol
        self.out_protocol = self.app.out_protocol

    def fire_event(self, event: str, *args: Any, **kwargs: Any) -> None:
        for handler in self.app.event_manager.handlers.get(event, ()):
            handler(self, *args, **kwargs)


class NodeEndpoint(WsgiApplication):
    """A WSGI application for the one path that the Node posts to."""

    def __init__(
        self,
        application: Any,
        clock: Clock,
        witnesses: Sequence[ExchangeObserver],
        *,
        max_body: int,
    ) -> None:
        """`max_body` in bytes; a larger body is refused before it is read.

        `clock` gives the UTC time of each request; `witnesses` are told of each exchange.
        """
        super().__init__(application, max_content_length=max_body)
        self._clock, self._witnesses = clock, tuple(witnesses)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a POST; what is not fit to be read is refused by HTTP's own means."""
        if environ["REQUEST_METHOD"] != "POST":
            return answer(start_response, "405 Method Not Allowed", allow="POST")
        media = _media(environ.get("CONTENT_TYPE", ""))
        if media is None or environ.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
            return answer(start_response, "415 Unsupported Media Type")
        raw = body(environ, self.max_content_length)
        if isinstance(raw, str):
            return answer(start_response, raw)
        action = environ.get("HTTP_SOAPACTION", "").strip("\"' ")
        exchange = Exchange(
            raw, media.charset, action, caller(environ), self._clock(), perf_counter()
        )
        return self.handle_rpc(exchange, start_response)

    def reprocess(self, raw: bytes, caller: str) -> ExchangeRecord:
        """Take a message that was kept, as if the Node had sent it now; what came of it.

        LIMIT: the transport's word on its encoding is gone, so it must say its own.
        """
        return self._take(Exchange(raw, None, "", caller, self._clock(), perf_counter()))[2]

    def handle_rpc(self, exchange: Exchange, start_response: StartResponse) -> list[bytes]:
        """Answer one message over HTTP."""
        status, said, _ = self._take(exchange)
        start_response(
            status,
            [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(said)))],
        )
        return [said]

    def _take(self, exchange: Exchange) -> tuple[str, bytes, ExchangeRecord]:
        """Take one message through Spyne: document, operation, object, answer, bytes."""
        context = _Context(self, exchange)
        try:
            self._steps(context)
        except Exception:
            # WHY: whatever it was, a sender of receipts must come again (DESIGN 3).
            log.exception("a message could not be processed")
            context.out_error = Unavailable()
            context.out_document = context.out_string = None
            self.get_out_string(context)
        status = "200 OK"
        if context.out_error is not None:
            status = self.app.out_protocol.fault_to_http_response_code(context.out_error)
            exchange.outcome = "Fault"
        told = exchange.over(int(status[:3]))
        for witness in self._witnesses:
            witness(told)
        return status, b"".join(context.out_string), told

    def _steps(self, context: _Context) -> None:
        self.generate_contexts(context)
        if context.in_error is None:
            self.app.in_protocol.deserialize(context, ProtocolBase.REQUEST)
            self.app.process_request(context)
        if context.out_string is None:
            self.get_out_string(context)


class _Media(NamedTuple):
    """What a Content-Type says; a hint, which decides nothing."""

    charset: str | None


# WHY: everyone says the same few; LIMIT: whoever does not costs nobody memory.
@lru_cache(maxsize=64)
def _media(content_type: str) -> _Media | None:
    """Read a Content-Type; None for what we do not take."""
    kind, _, _ = content_type.lower().partition(";")
    if kind.strip() not in XML_TYPES:
        return None
    parameters = content_type.lower().partition("charset=")[2]
    return _Media(parameters.partition(";")[0].strip(" \"'") or None)
