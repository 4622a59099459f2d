"""Messages as the Node sends them, for the self-test and for who wants to ask again by hand."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from gpd_soap.core.notice import PROBE
from gpd_soap.simulator.http import HttpClient
from gpd_soap.simulator.judging import NoReply
from gpd_soap.simulator.request import Endpoint, Unusable
from gpd_soap.soap import models
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.wsgi.revocation import end_of

ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:paf="{namespace}"><soapenv:Body><paf:{name}>'
    "<idPA>{organization}</idPA><idBrokerPA>{broker}</idBrokerPA><idStation>{station}</idStation>"
    "<qrCode><fiscalCode>{organization}</fiscalCode><noticeNumber>{nav}</noticeNumber></qrCode>"
    "</paf:{name}></soapenv:Body></soapenv:Envelope>"
)
VERIFY, GET = "paVerifyPaymentNotice", "paGetPaymentV2"
#: The root of each request.
ROOTS = {VERIFY: "paVerifyPaymentNoticeReq", GET: "paGetPaymentV2Request"}
#: LIMIT: seconds; a person waits, and the Node would wait as long.
PATIENCE = 7.0
#: The first and the last line of a certificate in a file.
BEGIN = "-----BEGIN CERTIFICATE-----"
END = "-----END CERTIFICATE-----"
HTTPS = 443
#: The answer to a probe.
PROBED = "PAA_PAGAMENTO_SCONOSCIUTO"


class Route(NamedTuple):
    """By which broker and station an organization is asked."""

    organization: str
    broker: str
    station: str


class Tried(NamedTuple):
    """A step of the self-test: what was tried, whether it went well, how it went, how long.

    `detail` is a fault code or a failure; `milliseconds` is None if nothing was sent.
    """

    step: str
    well: bool
    detail: str
    milliseconds: int | None
    nav: str | None = None


def message(operation: str, route: Route, nav: str) -> str:
    """Returns a request about a notice as the Node sends it."""
    values = {name: escape(value) for name, value in route._asdict().items()}
    return ENVELOPE.format(
        namespace=models.NAMESPACE, name=ROOTS[operation], nav=escape(nav), **values
    )


def probe(answer: Callable[[bytes], bytes], route: Route) -> Tried:
    """Asks as the Node's probe does, through the real code."""
    return _ask("probe", answer, message(VERIFY, route, PROBE), PROBED)


def ask_of(
    answer: Callable[[bytes], bytes], route: Route, operation: str, nav: str | None
) -> Tried:
    """Asks about a notice of ours that can be paid, through the real code."""
    step = "verify" if operation == VERIFY else "get"
    if nav is None:
        return Tried(step, well=True, detail="no-notice", milliseconds=None)
    return _ask(step, answer, message(operation, route, nav), "")._replace(nav=nav)


def public(address: str, route: Route) -> Tried:
    """Asks as the Node's probe does, at the address at which the Node calls."""
    try:
        client = HttpClient(Endpoint(address))
    except Unusable as error:
        return Tried("public", well=False, detail=str(error), milliseconds=None)
    begun = perf_counter()
    sent = message(VERIFY, route, PROBE).encode()
    reply = client.post(sent, VERIFY, PATIENCE)
    passed = round(1000 * (perf_counter() - begun))
    if isinstance(reply, NoReply):
        return Tried("public", well=False, detail=reply.reason, milliseconds=passed)
    outcome = _outcome(reply.body)
    detail = outcome or f"HTTP {reply.status}"
    return Tried("public", outcome == PROBED, detail, passed)


def certificate_end(path: str) -> datetime | None:
    """Returns when the first certificate in a file ends, or None if none can be read."""
    try:
        text = Path(path).read_text(encoding="ascii", errors="replace")
        return end_of(
            ssl.PEM_cert_to_DER_cert(text[text.index(BEGIN) : text.index(END) + len(END)])
        )
    except (OSError, ValueError):
        return None


def public_certificate_end(address: str) -> datetime | None:
    """Returns when the certificate at an address ends; None without TLS or an answer."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        return None
    try:
        endpoint = (parts.hostname, parts.port or HTTPS)
        return end_of(
            ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(endpoint, timeout=PATIENCE))
        )
    except (OSError, ValueError):
        return None


def _ask(step: str, answer: Callable[[bytes], bytes], sent: str, expected: str) -> Tried:
    begun = perf_counter()
    outcome = _outcome(answer(sent.encode()))
    passed = round(1000 * (perf_counter() - begun))
    return Tried(step, outcome == expected, outcome, passed)


def _outcome(body: bytes) -> str:
    """Returns the fault of an answer, and nothing for OK."""
    payload = open_envelope(body)
    if isinstance(payload, NotSoap):
        return "?"
    if payload.findtext("outcome") == "OK":
        return ""
    return str(payload.findtext("fault/faultCode") or payload.findtext("faultcode") or "?")
