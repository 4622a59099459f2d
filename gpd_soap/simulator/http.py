"""HTTP as the Node's forwarder speaks it: one request, one answer, and a deadline for both."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from concurrent.futures import Future
from email.message import Message
from threading import Thread
from time import monotonic

import requests
import urllib3

from gpd_soap.simulator.judging import NoReply, Reply, Verdict
from gpd_soap.simulator.request import Endpoint, Unusable

#: LIMIT: far beyond any answer of the contract, and small enough to be held in memory.
LONGEST = 4 << 20
CHUNK = 8192


class HttpClient:
    """A line to an endpoint; each message has a connection of its own."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Look at the address and the certificates once; Unusable if they cannot be used."""
        self.url = _usable(endpoint)
        _load_certificates(endpoint)
        self._certificate = _certificate(endpoint)
        self._authority = str(endpoint.authority) if endpoint.authority else True

    def post(self, body: bytes, action: str | None, seconds: float) -> Reply | NoReply:
        """Send a message, and wait for the whole answer so long and no longer.

        What is not SOAP has no `action`.
        """
        # WHY: a thread, because requests limits only each read: an answer that drips byte by
        # byte would never be late.
        future: Future[Reply | NoReply] = Future()
        deadline = monotonic() + seconds

        def run() -> None:
            try:
                future.set_result(self._exchange(body, action, deadline))
            except BaseException as error:  # noqa: BLE001  # raised again by whoever waits
                future.set_exception(error)

        Thread(target=run, daemon=True).start()
        try:
            return future.result(seconds)
        except TimeoutError:
            return NoReply(Verdict.TIMEOUT, f"no complete answer in {seconds:g} seconds")

    def _exchange(self, body: bytes, action: str | None, deadline: float) -> Reply | NoReply:
        try:
            with requests.Session() as session, self._begin(session, body, action, deadline) as got:
                return _whole(got, deadline)
        except (requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError):
            return NoReply(Verdict.BROKEN, "its Content-Encoding does not fit its content")
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return NoReply(Verdict.UNREACHABLE, innermost(error))

    def _begin(
        self, session: requests.Session, body: bytes, action: str | None, deadline: float
    ) -> requests.Response:
        # WHY: neither a proxy, nor .netrc, nor REQUESTS_CA_BUNDLE: only what was asked for.
        session.trust_env = False
        headers = {"User-Agent": "gpd-soap node"}
        if action is not None:
            # SPEC: pagopa-ec.md 3.6: Content-Type without a charset, SOAPAction in quotes.
            headers |= {"Content-Type": "text/xml", "SOAPAction": f'"{action}"'}
        return session.post(
            self.url,
            data=body,
            headers=headers,
            cert=self._certificate,
            verify=self._authority,
            # WHY: one second more, so that the deadline is always the first to end it.
            timeout=max(deadline - monotonic(), 0) + 1,
            # WHY: followed, a redirect would become a GET.
            allow_redirects=False,
            stream=True,
        )


def innermost(error: BaseException) -> str:
    """What really went wrong on the network, without the layers that pass it on."""
    told = [
        each
        for each in _chain(error)
        if isinstance(each, OSError | http.client.HTTPException | urllib3.exceptions.HTTPError)
    ]
    last = told[-1] if told else error
    return getattr(last, "strerror", None) or str(last) or type(last).__name__


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _whole(response: requests.Response, deadline: float) -> Reply | NoReply:
    body = bytearray()
    for chunk in response.iter_content(CHUNK):
        body += chunk
        if len(body) > LONGEST:
            return NoReply(Verdict.BROKEN, f"the answer is longer than {LONGEST} bytes")
        if monotonic() > deadline:
            break  # nobody waits for it any more
    told = Message()
    told["Content-Type"] = response.headers.get("Content-Type", "")
    charset = told.get_content_charset()
    return Reply(response.status_code, bytes(body), charset)


def _usable(endpoint: Endpoint) -> str:
    request = requests.PreparedRequest()
    try:
        request.prepare_url(endpoint.url, None)
    except (requests.RequestException, ValueError) as error:
        raise Unusable(f"not an address: {error}") from None
    url = request.url or ""
    if not url.startswith(("http://", "https://")):
        raise Unusable("the address must begin with http:// or https://")
    return url


def _certificate(endpoint: Endpoint) -> str | tuple[str, str] | None:
    if endpoint.certificate is None:
        return None
    if endpoint.key is None:
        return str(endpoint.certificate)
    return str(endpoint.certificate), str(endpoint.key)


def _load_certificates(endpoint: Endpoint) -> None:
    """Read them once beforehand: a wrong file is not the other side's fault."""
    if endpoint.certificate is None and endpoint.key is not None:
        raise Unusable("a key needs its certificate")
    shown = (endpoint.certificate, endpoint.authority)
    if any(shown) and not endpoint.url.lower().startswith("https://"):
        raise Unusable("certificates need an address that begins with https://")
    context = ssl.create_default_context()
    try:
        if endpoint.certificate is not None:
            # WHY: a password, so that none is asked for on the terminal.
            context.load_cert_chain(endpoint.certificate, endpoint.key, password=lambda: "")
        if endpoint.authority is not None:
            context.load_verify_locations(endpoint.authority)
    except OSError as error:
        raise Unusable(
            f"not a usable PEM certificate, key (without pass phrase) or authority: {error}"
        ) from None
