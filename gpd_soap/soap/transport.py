"""The HTTP endpoint of the Node's messages, with one call of each of Spyne's steps."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from email.message import Message
from functools import lru_cache
from time import perf_counter
from typing import Any, NamedTuple

from spyne.protocol import ProtocolBase
from spyne.server.wsgi import WsgiApplication, WsgiMethodContext

from gpd_soap.clock import Clock
from gpd_soap.core.exchange import NOT_GIVEN, ExchangeObserver, ExchangeRecord
from gpd_soap.soap.exchange import Exchange
from gpd_soap.soap.protocol import Unavailable
from gpd_soap.soap.stored import charset_of
from gpd_soap.wsgi.http import Environ, StartResponse, answer, body, caller

logger = logging.getLogger("gpd_soap.node")

#: The media types that are accepted, and none at all (Messages, rule 8).
XML_TYPES = ("text/xml", "application/xml", "text/plain", "application/soap+xml", "")

#: LIMIT: characters of a charset's name, as its column; the names of IANA have at most 45.
LONGEST_CHARSET = 48
#: Replaces the name of a charset that is no name.
UNKNOWN_CHARSET = "unknown"


class _Context(WsgiMethodContext):
    """Spyne's context of one call, without what a server does not use.

    WHY: Spyne's own guards each attribute, so building it takes longer than parsing a message.
    Here the defaults are attributes of the class.
    """

    __setattr__ = object.__setattr__
    # WHY: Spyne has properties here that set each other; plain attributes are faster.
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
        observers: Sequence[ExchangeObserver],
        *,
        max_body: int,
    ) -> None:
        """`max_body` is in bytes; a larger body is refused before it is read.

        `clock` returns the UTC time of each request.  Each of `observers` is called with the record
        of each exchange.
        """
        super().__init__(application, max_content_length=max_body)
        self._clock, self._observers = clock, tuple(observers)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a POST; a request that cannot be read is refused with an HTTP status."""
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

    def reprocess(self, raw: bytes, caller: str, charset: str | None = None) -> ExchangeRecord:
        """Process a stored message as if the Node had sent it now; return the record of it.

        Without the transport's `charset`, one is sought if the message cannot be parsed.
        """
        charset = charset or charset_of(raw)
        return self._process(Exchange(raw, charset, "", caller, self._clock(), perf_counter()))[2]

    def dry_answer(self, raw: bytes) -> bytes:
        """Return the answer to a message of ours, as the Node would get it."""
        return self._process(Exchange(raw, None, "", NOT_GIVEN, self._clock(), perf_counter()))[1]

    def handle_rpc(self, exchange: Exchange, start_response: StartResponse) -> list[bytes]:
        """Answer one message over HTTP."""
        status, content, _ = self._process(exchange)
        start_response(
            status,
            [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(content)))],
        )
        return [content]

    def _process(self, exchange: Exchange) -> tuple[str, bytes, ExchangeRecord]:
        """Return status, answer and record of one message, processed by Spyne's steps."""
        context = _Context(self, exchange)
        try:
            self._steps(context)
        except Exception:
            # SPEC: Messages, rule 5: the Node must send a receipt again after any failure.
            logger.exception("a message could not be processed")
            context.out_error = Unavailable()
            context.out_document = context.out_string = None
            self.get_out_string(context)
        status = "200 OK"
        if context.out_error is not None:
            status = self.app.out_protocol.fault_to_http_response_code(context.out_error)
            exchange.outcome = "Fault"
        record = exchange.record(int(status[:3]))
        for observer in self._observers:
            observer(record)
        return status, b"".join(context.out_string), record

    def _steps(self, context: _Context) -> None:
        self.generate_contexts(context)
        if context.in_error is None:
            self.app.in_protocol.deserialize(context, ProtocolBase.REQUEST)
            self.app.process_request(context)
        if context.out_string is None:
            self.get_out_string(context)


class _Media(NamedTuple):
    """The parameters of an accepted Content-Type."""

    charset: str | None


# LIMIT: 64 values; clients send few different ones, and a hostile one cannot fill the memory.
@lru_cache(maxsize=64)
def _media(content_type: str) -> _Media | None:
    """Return the parameters of a Content-Type, or None if it is not accepted."""
    kind, _, _ = content_type.lower().partition(";")
    if kind.strip() not in XML_TYPES:
        return None
    header = Message()
    header["Content-Type"] = content_type
    charset = header.get_content_charset(failobj="").strip(" \"'")
    if not charset:
        return _Media(None)
    # WHY: it is stored with a quarantined message, whatever the client wrote.
    return _Media(charset if len(charset) <= LONGEST_CHARSET else UNKNOWN_CHARSET)
