"""Endpoints to ask: invented institutions, good and faulty, each on a real socket."""

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
PARTY = Addressee(world.ORGANIZATION, world.BROKER, world.STATION)
NAV = world.nav(1)
#: Short enough for a test, long enough for a loaded machine to be in time.
SHORT = Timeouts(question=1.5, receipt=1.5)

VERIFY, GET, GET2 = "paVerifyPaymentNotice", "paGetPayment", "paGetPaymentV2"
SEND, SEND2 = "paSendRT", "paSendRTV2"

Handler = BaseHTTPRequestHandler
Manner = Callable[[Handler, "Said"], None]


#: Set when the endpoint is left; an answer may be late until then, and no longer.
LEFT = Event()


def plainly(handler: Handler, said: "Said") -> None:
    """Answer as HTTP wants it."""
    handler.send_response(said.status)
    for name, value in {"Content-Type": said.kind, **said.headers}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(said.body)))
    handler.end_headers()
    handler.wfile.write(said.body)


def late(handler: Handler, said: "Said") -> None:
    """Answer when nobody waits any more."""
    LEFT.wait(60)
    plainly(handler, said)


def dripping(handler: Handler, said: "Said") -> None:
    """Answer at once, a few bytes at a time, so that no single read is ever late."""
    handler.send_response(said.status)
    handler.send_header("Content-Type", said.kind)
    handler.end_headers()
    for at in range(0, len(said.body), 40):
        handler.wfile.write(said.body[at : at + 40])
        handler.wfile.flush()
        time.sleep(0.15)


def silently(handler: Handler, _said: "Said") -> None:
    """Close the connection without a word."""
    handler.close_connection = True


def halfway(handler: Handler, said: "Said") -> None:
    """Promise the whole answer and close in the middle."""
    handler.send_response(said.status)
    handler.send_header("Content-Length", str(len(said.body)))
    handler.end_headers()
    handler.wfile.write(said.body[: len(said.body) // 2])
    handler.close_connection = True


@dataclass(frozen=True)
class Said:
    """What an institution answers, and in which manner."""

    body: bytes
    status: int = 200
    kind: str = "text/xml; charset=utf-8"
    manner: Manner = plainly
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Institution:
    """A running endpoint: where it is, what it was asked, and its answers by action or path."""

    url: str
    answers: dict[str, Said]
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def bodies(self, action: str) -> list[bytes]:
        """What came under this SOAPAction."""
        return [body for headers, body in self.asked if headers["SOAPAction"] == f'"{action}"']


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, institution: Institution, *args: Any) -> None:
        self.institution = institution
        super().__init__(*args)

    def do_POST(self) -> None:
        """Answer what the script has for the action, or for the path of what is not SOAP."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.institution.asked.append((dict(self.headers), body))
        said = self.institution.answers[self.headers.get("SOAPAction", self.path).strip('"')]
        try:
            said.manner(self, said)
        except OSError:
            self.close_connection = True  # the asker has gone

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


class _Quiet(ThreadingHTTPServer):
    block_on_close = False

    def handle_error(self, *_args: Any) -> None:
        """A client that goes away is what some tests are about."""


@contextmanager
def institution(
    answers: dict[str, Said], context: ssl.SSLContext | None = None
) -> Iterator[Institution]:
    """Serve these answers by SOAPAction."""
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
        """Say nothing."""


@contextmanager
def serving(face: Wsgi) -> Iterator[str]:
    """Serve a WSGI application; where it is."""
    server = make_server("127.0.0.1", 0, face, _WsgiServer, _WsgiHandler)
    with _running(server):
        yield f"http://127.0.0.1:{server.server_port}/partner"


@contextmanager
def _running(server: BaseServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    LEFT.clear()
    thread.start()
    try:
        yield
    finally:
        LEFT.set()
        server.shutdown()
        server.server_close()
        thread.join()


def caller(url: str, patience: Timeouts | None = None, **tls: Any) -> Caller:
    """The Node, calling there."""
    return Caller(HttpClient(Endpoint(url, **tls)), CONTRACT, patience)


def xml(text: str, status: int = 200, **more: Any) -> Said:
    """An answer in XML."""
    return Said(text.encode(), status, **more)


def payment(*transfers: str, **more: str | None) -> str:
    """The `data` of an answer to paGetPayment, with everything that must be there."""
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
DUE = xml(build.answered(VERIFY, build.described(1, "100.00")))
OFFER = xml(build.answered(GET2, payment()))
OFFER1 = xml(build.answered(GET, payment()))
TAKEN = xml(build.answered(SEND2, OK))
TAKEN1 = xml(build.answered(SEND, OK))
PAID = "PAA_PAGAMENTO_DUPLICATO"
NO = xml(build.refused(VERIFY, PAID, "L'avviso risulta già pagato."))
GOOD = {VERIFY: DUE, GET2: OFFER, GET: OFFER1, SEND2: TAKEN, SEND: TAKEN1}
