"""The HTTP client and its deadline, with endpoints that misbehave."""

import gzip
import ssl
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme

from gpd_soap.simulator.http import LONGEST, HttpClient
from gpd_soap.simulator.judging import NoReply, Reply, Verdict
from gpd_soap.simulator.request import Endpoint, Unusable
from tests.ports import free_port
from tests.simulator.endpoints import (
    DUE,
    VERIFY,
    Manner,
    Scripted,
    dripping,
    halfway,
    institution,
    late,
    silent,
)


def posted(scripted: Scripted, seconds: float = 5.0) -> Reply | NoReply:
    """Return the reply of an institution with this answer."""
    with institution({VERIFY: scripted}) as made:
        return HttpClient(Endpoint(made.url)).post(b"<ask/>", VERIFY, seconds)


def test_request_has_the_headers_of_the_node():
    """The content type has no charset, and the action is in quotes."""
    with institution({VERIFY: DUE}) as made:
        reply = HttpClient(Endpoint(made.url)).post(b"<ask/>", VERIFY, 5.0)

    [(headers, body)] = made.requests
    assert ("text/xml", f'"{VERIFY}"') == (headers["Content-Type"], headers["SOAPAction"])
    assert body == b"<ask/>"
    assert reply == Reply(200, DUE.body, "utf-8")


@pytest.mark.parametrize("manner", [late, dripping])
def test_answer_that_is_incomplete_at_the_deadline_times_out(manner: Manner):
    """The deadline is for the whole answer, which may come byte by byte or not at all."""
    begun = time.monotonic()
    reply = posted(Scripted(DUE.body, manner=manner), seconds=0.4)

    assert reply == NoReply(Verdict.TIMEOUT, "no complete answer in 0.4 seconds")
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("manner", [silent, halfway])
def test_connection_that_is_closed_early_is_unreachable(manner: Manner):
    """Half an answer is not used."""
    reply = posted(Scripted(DUE.body, manner=manner))

    assert isinstance(reply, NoReply)
    assert Verdict.UNREACHABLE is reply.verdict
    assert reply.reason


def test_closed_port_is_unreachable():
    """The reason is the operating system's, with what to do."""
    reply = HttpClient(Endpoint(f"http://127.0.0.1:{free_port()}/partner")).post(b"", VERIFY, 5.0)

    remedy = "start the server there, or check the port in the address"
    assert reply == NoReply(Verdict.UNREACHABLE, f"Connection refused: {remedy}")


def test_redirect_is_returned_and_not_followed():
    """The Node posts to the registered address alone."""
    reply = posted(Scripted(b"", 307, headers={"Location": "/elsewhere"}))

    assert isinstance(reply, Reply)
    assert reply.status == 307


def test_compressed_answer_is_read_and_a_false_encoding_is_broken():
    """The Content-Encoding must fit the content."""
    zipped = posted(Scripted(gzip.compress(DUE.body), headers={"Content-Encoding": "gzip"}))
    mislabelled = posted(Scripted(DUE.body, headers={"Content-Encoding": "gzip"}))

    assert zipped == Reply(200, DUE.body, "utf-8")
    assert isinstance(mislabelled, NoReply)
    assert Verdict.BROKEN is mislabelled.verdict


def test_answer_beyond_the_limit_is_broken():
    """No endpoint can fill our memory."""
    reply = posted(Scripted(b" " * (LONGEST + 1)), seconds=20.0)

    assert isinstance(reply, NoReply)
    assert Verdict.BROKEN is reply.verdict


def test_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch):
    """The request goes directly to the endpoint."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")

    assert isinstance(posted(DUE), Reply)


@pytest.mark.parametrize(
    "url", ["", "partner", "ftp://example.invalid/", "http://", "http://[::1", "http://a:99999/"]
)
def test_malformed_address_raises_before_anything_is_sent(url: str):
    """A wrong argument is not reported as an unreachable institution."""
    with pytest.raises(Unusable):
        HttpClient(Endpoint(url))


def test_unusable_certificates_raise_before_anything_is_sent(tmp_path: Path):
    """The cases are a wrong file, a key alone, and certificates without TLS."""
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("not a certificate")
    for endpoint in (
        Endpoint("https://127.0.0.1:1/", wrong),
        Endpoint("https://127.0.0.1:1/", authority=wrong),
        Endpoint("https://127.0.0.1:1/", key=wrong),
        Endpoint("http://127.0.0.1:1/", authority=wrong),
    ):
        with pytest.raises(Unusable):
            HttpClient(endpoint)


class Identity(NamedTuple):
    """A certificate of 127.0.0.1 with its key in the same file, and its authority."""

    certificate: Path
    authority: Path


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """Return an identity of a temporary authority."""
    home = tmp_path_factory.mktemp("tls")
    made = Identity(home / "certificate.pem", home / "authority.pem")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(made.certificate))
    authority.cert_pem.write_to_path(str(made.authority))
    return made


def guarded(identity: Identity, *, mutual: bool) -> ssl.SSLContext:
    """Return the TLS context of a server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate)
    if mutual:
        context.load_verify_locations(identity.authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_endpoint_with_an_untrusted_authority_is_unreachable(identity: Identity):
    """The certificate is not verified, and the call ends."""
    with institution({VERIFY: DUE}, guarded(identity, mutual=False)) as made:
        reply = HttpClient(Endpoint(made.url)).post(b"", VERIFY, 5.0)

    assert isinstance(reply, NoReply)
    assert Verdict.UNREACHABLE is reply.verdict
    assert "CERTIFICATE_VERIFY_FAILED" in reply.reason


def test_mutual_tls_with_our_certificate_is_answered(identity: Identity):
    """Without the certificate the endpoint is unreachable."""
    with institution({VERIFY: DUE}, guarded(identity, mutual=True)) as made:
        shown = HttpClient(
            Endpoint(made.url, identity.certificate, authority=identity.authority)
        ).post(b"", VERIFY, 5.0)
        hidden = HttpClient(Endpoint(made.url, authority=identity.authority)).post(b"", VERIFY, 5.0)

    assert shown == Reply(200, DUE.body, "utf-8")
    assert isinstance(hidden, NoReply)
    assert Verdict.UNREACHABLE is hidden.verdict
