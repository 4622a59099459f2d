"""HTTP requests as the Node's forwarder sends them, with one deadline for request and answer."""

from __future__ import annotations

import http.client
import socket
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

#: LIMIT: 4 MiB; any answer of the contract is far smaller, and this much fits in memory.
LONGEST = 4 << 20
CHUNK = 8192

#: What to do about each failure to reach an endpoint; the first that applies is shown.
REMEDIES: dict[type[BaseException], str] = {
    socket.gaierror: "check the host in the address",
    ConnectionRefusedError: "start the server there, or check the port in the address",
    ssl.SSLCertVerificationError: "name the authority that signs it with --ca",
    ssl.SSLError: "check whether the address begins with https:// or http://, and --cert",
}


class HttpClient:
    """A client of one endpoint; each message has a connection of its own."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Check the address and the certificates.  Raises Unusable if one cannot be used."""
        self.url = _usable(endpoint)
        _load_certificates(endpoint)
        self._certificate = _certificate(endpoint)
        self._authority = str(endpoint.authority) if endpoint.authority else True

    def post(self, body: bytes, action: str | None, seconds: float) -> Reply | NoReply:
        """Send a message and return the whole answer, if it is complete within `seconds`.

        A message that is not SOAP has no `action`.
        """
        # WHY: requests limits each read alone, so that an answer of single bytes would never time
        # out; a thread lets the caller stop waiting at the deadline.
        future: Future[Reply | NoReply] = Future()
        deadline = monotonic() + seconds

        def run() -> None:
            try:
                future.set_result(self._exchange(body, action, deadline))
            except BaseException as error:  # noqa: BLE001  # raised again in the waiting thread
                future.set_exception(error)

        Thread(target=run, daemon=True).start()
        try:
            return future.result(seconds)
        except TimeoutError:
            return NoReply(Verdict.TIMEOUT, f"no complete answer in {seconds:g} seconds")

    def _exchange(self, body: bytes, action: str | None, deadline: float) -> Reply | NoReply:
        try:
            with requests.Session() as session, self._begin(session, body, action, deadline) as r:
                return _read(r, deadline)
        except (requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError):
            return NoReply(Verdict.BROKEN, "its Content-Encoding does not fit its content")
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return NoReply(Verdict.UNREACHABLE, innermost(error))

    def _begin(
        self, session: requests.Session, body: bytes, action: str | None, deadline: float
    ) -> requests.Response:
        # WHY: a proxy, .netrc or REQUESTS_CA_BUNDLE of the environment would change the request.
        session.trust_env = False
        headers = {"User-Agent": "gpd-soap node"}
        if action is not None:
            # SPEC: Stand In manager: Content-Type without a charset, SOAPAction in quotes.
            headers |= {"Content-Type": "text/xml", "SOAPAction": f'"{action}"'}
        return session.post(
            self.url,
            data=body,
            headers=headers,
            cert=self._certificate,
            verify=self._authority,
            # WHY: with one second more, the deadline always ends the request first.
            timeout=max(deadline - monotonic(), 0) + 1,
            # WHY: requests would follow a redirect with a GET.
            allow_redirects=False,
            stream=True,
        )


def innermost(error: BaseException) -> str:
    """Return the message of the network's own error, below the errors that wrap it.

    What to do about it follows, if that is known.
    """
    causes = [
        each
        for each in _chain(error)
        if isinstance(each, OSError | http.client.HTTPException | urllib3.exceptions.HTTPError)
    ]
    last = causes[-1] if causes else error
    text = getattr(last, "strerror", None) or str(last) or type(last).__name__
    remedies = (remedy for kind, remedy in REMEDIES.items() if isinstance(last, kind))
    return ": ".join([text, *remedies][:2])


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _read(response: requests.Response, deadline: float) -> Reply | NoReply:
    body = bytearray()
    for chunk in response.iter_content(CHUNK):
        body += chunk
        if len(body) > LONGEST:
            return NoReply(Verdict.BROKEN, f"the answer is longer than {LONGEST} bytes")
        if monotonic() > deadline:
            break  # the caller has stopped waiting
    header = Message()
    header["Content-Type"] = response.headers.get("Content-Type", "")
    charset = header.get_content_charset()
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
    """Read the certificates once.  Raises Unusable if one is wrong, before anything is sent."""
    if endpoint.certificate is None and endpoint.key is not None:
        raise Unusable("a key needs its certificate")
    files = (endpoint.certificate, endpoint.authority)
    if any(files) and not endpoint.url.lower().startswith("https://"):
        raise Unusable("certificates need an address that begins with https://")
    context = ssl.create_default_context()
    try:
        if endpoint.certificate is not None:
            # WHY: without a password OpenSSL would prompt for one on the terminal.
            context.load_cert_chain(endpoint.certificate, endpoint.key, password=lambda: "")
        if endpoint.authority is not None:
            context.load_verify_locations(endpoint.authority)
    except OSError as error:
        raise Unusable(
            f"not a usable PEM certificate, key (without pass phrase) or authority: {error}"
        ) from None
