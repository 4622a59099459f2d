"""Endpoints of invented institutions, good and faulty, each on a real socket."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer, ThreadingMixIn
from threading import Event, Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from gpd_soap.contract.schema import Schema
from gpd_soap.simulator.caller import Caller
from gpd_soap.simulator.http import HttpClient
from gpd_soap.simulator.request import Addressee, Endpoint, Timeouts
from gpd_soap.wsgi.http import Wsgi
from tests import world
from tests.messages import build
from tests.messages.build import tags, transfer

CONTRACT = Schema()
ADDRESSEE = Addressee(world.ORGANIZATION, world.BROKER, world.STATION)
NAV = world.nav(1)
#: LIMIT: 1.5 seconds, short for a test and long enough for a loaded machine.
SHORT = Timeouts(question=1.5, receipt=1.5)

VERIFY, GET, GET2 = "paVerifyPaymentNotice", "paGetPayment", "paGetPaymentV2"
SEND, SEND2 = "paSendRT", "paSendRTV2"

Handler = BaseHTTPRequestHandler
Manner = Callable[[Handler, "Scripted"], None]

#: Set when the endpoint is closed; a late answer waits for it.
CLOSED = Event()


def plain(handler: Handler, scripted: "Scripted") -> None:
    """Answer correctly."""
    handler.send_response(scripted.status)
    for name, value in {"Content-Type": scripted.kind, **scripted.headers}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(scripted.body)))
    handler.end_headers()
    handler.wfile.write(scripted.body)


def late(handler: Handler, scripted: "Scripted") -> None:
    """Answer after the client has stopped waiting."""
    CLOSED.wait(60)
    plain(handler, scripted)


def dripping(handler: Handler, scripted: "Scripted") -> None:
    """Answer at once, a few bytes at a time, so that no single read times out."""
    handler.send_response(scripted.status)
    handler.send_header("Content-Type", scripted.kind)
    handler.end_headers()
    for start in range(0, len(scripted.body), 40):
        handler.wfile.write(scripted.body[start : start + 40])
        handler.wfile.flush()
        time.sleep(0.15)


def silent(handler: Handler, _script: "Scripted") -> None:
    """Close the connection without an answer."""
    handler.close_connection = True


def halfway(handler: Handler, scripted: "Scripted") -> None:
    """Announce the whole answer and close in the middle."""
    handler.send_response(scripted.status)
    handler.send_header("Content-Length", str(len(scripted.body)))
    handler.end_headers()
    handler.wfile.write(scripted.body[: len(scripted.body) // 2])
    handler.close_connection = True


@dataclass(frozen=True)
class Scripted:
    """The answer of an institution, and the manner of sending it."""

    body: bytes
    status: int = 200
    kind: str = "text/xml; charset=utf-8"
    manner: Manner = plain
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Institution:
    """A running endpoint: its address, its requests, and its answers by action or path."""

    url: str
    answers: dict[str, Scripted]
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def bodies(self, action: str) -> list[bytes]:
        """Return the bodies of the requests with this SOAPAction."""
        return [body for headers, body in self.requests if headers["SOAPAction"] == f'"{action}"']


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, institution: Institution, *args: Any) -> None:
        self.institution = institution
        super().__init__(*args)

    def do_POST(self) -> None:
        """Send the answer for the action, or for the path of a request that is not SOAP."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.institution.requests.append((dict(self.headers), body))
        scripted = self.institution.answers[self.headers.get("SOAPAction", self.path).strip('"')]
        try:
            scripted.manner(self, scripted)
        except OSError:
            self.close_connection = True  # the client has gone

    def log_message(self, *_args: Any) -> None:
        """Print nothing."""


class _Quiet(ThreadingHTTPServer):
    block_on_close = False

    def handle_error(self, *_args: Any) -> None:
        """Print nothing: in some tests the client closes its connection."""


@contextmanager
def institution(
    answers: dict[str, Scripted], context: ssl.SSLContext | None = None
) -> Iterator[Institution]:
    """Serve these answers by SOAPAction; yield the endpoint."""
    made = Institution("", answers)
    server = _Quiet(("127.0.0.1", 0), partial(_Handler, made))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    made.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_port}/partner"
    with _running(server):
        yield made


class _WsgiServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False


class _WsgiHandler(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Print nothing."""


@contextmanager
def serving(face: Wsgi) -> Iterator[str]:
    """Serve a WSGI application; yield its address."""
    server = make_server("127.0.0.1", 0, face, _WsgiServer, _WsgiHandler)
    with _running(server):
        yield f"http://127.0.0.1:{server.server_port}/partner"


@contextmanager
def _running(server: BaseServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    CLOSED.clear()
    thread.start()
    try:
        yield
    finally:
        CLOSED.set()
        server.shutdown()
        server.server_close()
        thread.join()


def caller(url: str, timeouts: Timeouts | None = None, **tls: Any) -> Caller:
    """Return the Node as a client of this address."""
    return Caller(HttpClient(Endpoint(url, **tls)), CONTRACT, timeouts)


def xml(text: str, status: int = 200, **more: Any) -> Scripted:
    """Return an answer in XML."""
    return Scripted(text.encode(), status, **more)


def payment(*transfers: str, **more: str | None) -> str:
    """Return an OK answer to paGetPayment with all required fields."""
    amount = more.pop("amount", "100.00")
    fields: dict[str, str | None] = {
        "creditorReferenceId": NAV[1:],
        "paymentAmount": amount,
        "dueDate": "2026-04-30",
        "retentionDate": None,
        "lastPayment": None,
        "description": "Tributo inventato",
        "companyName": "Comune di Esempio",
        "officeName": None,
        "debtor": build.PERSON,
        "transferList": "".join(transfers) or transfer(1, amount or ""),
        "metadata": None,
    }
    return tags(outcome="OK", data=tags(**{**fields, **more}))


OK = tags(outcome="OK")
DUE = xml(build.soap_response(VERIFY, build.described(1, "100.00")))
OFFER = xml(build.soap_response(GET2, payment()))
OFFER1 = xml(build.soap_response(GET, payment()))
TAKEN = xml(build.soap_response(SEND2, OK))
TAKEN1 = xml(build.soap_response(SEND, OK))
PAID = "PAA_PAGAMENTO_DUPLICATO"
NO = xml(build.refused(VERIFY, PAID, "L'avviso risulta già pagato."))
GOOD = {VERIFY: DUE, GET2: OFFER, GET: OFFER1, SEND2: TAKEN, SEND: TAKEN1}
