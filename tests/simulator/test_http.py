"""HTTP with a deadline, against endpoints that misbehave."""

import gzip
import socket
import ssl
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme

from gpd_soap.simulator.http import LONGEST, HttpClient
from gpd_soap.simulator.judging import NoReply, Reply, Verdict
from gpd_soap.simulator.request import Endpoint, Unusable
from tests.simulator.endpoints import (
    DUE,
    VERIFY,
    Manner,
    Said,
    dripping,
    halfway,
    institution,
    late,
    silently,
)


def posted(said: Said, seconds: float = 5.0) -> Reply | NoReply:
    """What comes back from an institution that answers so."""
    with institution({VERIFY: said}) as made:
        return HttpClient(Endpoint(made.url)).post(b"<ask/>", VERIFY, seconds)


def test_a_message_goes_out_as_the_node_sends_it():
    """The type says no charset, and the action stands in quotes."""
    with institution({VERIFY: DUE}) as made:
        reply = HttpClient(Endpoint(made.url)).post(b"<ask/>", VERIFY, 5.0)

    [(headers, body)] = made.asked
    assert ("text/xml", f'"{VERIFY}"') == (headers["Content-Type"], headers["SOAPAction"])
    assert body == b"<ask/>"
    assert reply == Reply(200, DUE.body, "utf-8")


@pytest.mark.parametrize("manner", [late, dripping])
def test_an_answer_that_is_not_whole_in_time_is_late(manner: Manner):
    """The deadline is for the whole answer: one that drips is as late as one that never starts."""
    begun = time.monotonic()
    reply = posted(Said(DUE.body, manner=manner), seconds=0.4)

    assert reply == NoReply(Verdict.TIMEOUT, "no complete answer in 0.4 seconds")
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("manner", [silently, halfway])
def test_a_connection_that_is_closed_early_is_no_answer(manner: Manner):
    """Half an answer is none."""
    reply = posted(Said(DUE.body, manner=manner))

    assert isinstance(reply, NoReply)
    assert Verdict.UNREACHABLE is reply.verdict
    assert reply.reason


def test_a_port_where_nobody_listens_is_unreachable():
    """The reason is the system's, without the layers in between."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    reply = HttpClient(Endpoint(f"http://127.0.0.1:{port}/partner")).post(b"", VERIFY, 5.0)

    assert reply == NoReply(Verdict.UNREACHABLE, "Connection refused")


def test_a_redirect_is_an_answer_and_is_not_followed():
    """The Node posts to the address it knows."""
    reply = posted(Said(b"", 307, headers={"Location": "/elsewhere"}))

    assert isinstance(reply, Reply)
    assert reply.status == 307


def test_a_compressed_answer_is_read_and_a_falsely_so_called_one_is_broken():
    """What HTTP says of the content must be true."""
    zipped = posted(Said(gzip.compress(DUE.body), headers={"Content-Encoding": "gzip"}))
    falsely = posted(Said(DUE.body, headers={"Content-Encoding": "gzip"}))

    assert zipped == Reply(200, DUE.body, "utf-8")
    assert isinstance(falsely, NoReply)
    assert Verdict.BROKEN is falsely.verdict


def test_an_endless_answer_is_cut():
    """Nobody's endpoint may fill our memory."""
    reply = posted(Said(b" " * (LONGEST + 1)), seconds=20.0)

    assert isinstance(reply, NoReply)
    assert Verdict.BROKEN is reply.verdict


def test_neither_proxy_nor_bundle_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch):
    """What was asked for is asked directly."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")

    assert isinstance(posted(DUE), Reply)


@pytest.mark.parametrize(
    "url", ["", "partner", "ftp://example.invalid/", "http://", "http://[::1", "http://a:99999/"]
)
def test_an_address_that_is_none_is_told_before_anything_is_sent(url: str):
    """A mistake of the caller's is not an unreachable institution."""
    with pytest.raises(Unusable):
        HttpClient(Endpoint(url))


def test_certificates_are_looked_at_before_anything_is_sent(tmp_path: Path):
    """A wrong file, a key alone, and certificates without TLS are the caller's mistakes."""
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
    """A certificate of 127.0.0.1 with its key in the same file, and who vouches for it."""

    certificate: Path
    authority: Path


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """An identity of a throw-away authority."""
    home = tmp_path_factory.mktemp("tls")
    made = Identity(home / "certificate.pem", home / "authority.pem")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(made.certificate))
    authority.cert_pem.write_to_path(str(made.authority))
    return made


def guarded(identity: Identity, *, mutual: bool) -> ssl.SSLContext:
    """A server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate)
    if mutual:
        context.load_verify_locations(identity.authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_an_authority_that_is_not_trusted_is_unreachable(identity: Identity):
    """A certificate that nobody vouches for ends the call."""
    with institution({VERIFY: DUE}, guarded(identity, mutual=False)) as made:
        reply = HttpClient(Endpoint(made.url)).post(b"", VERIFY, 5.0)

    assert isinstance(reply, NoReply)
    assert Verdict.UNREACHABLE is reply.verdict
    assert "CERTIFICATE_VERIFY_FAILED" in reply.reason


def test_a_certificate_opens_an_endpoint_that_asks_for_one(identity: Identity):
    """Mutual TLS: with our certificate we are answered, without it we are not."""
    with institution({VERIFY: DUE}, guarded(identity, mutual=True)) as made:
        shown = HttpClient(
            Endpoint(made.url, identity.certificate, authority=identity.authority)
        ).post(b"", VERIFY, 5.0)
        hidden = HttpClient(Endpoint(made.url, authority=identity.authority)).post(b"", VERIFY, 5.0)

    assert shown == Reply(200, DUE.body, "utf-8")
    assert isinstance(hidden, NoReply)
    assert Verdict.UNREACHABLE is hidden.verdict
