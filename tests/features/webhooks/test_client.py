"""Requests to receivers, also to hostile ones."""

import ssl
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import trustme

from gpd_soap.features.webhooks.client import Client, Identities, Timeouts
from gpd_soap.features.webhooks.exchange import Request, Response
from tests.features.webhooks.receiver import (
    Behave,
    Receiver,
    answer,
    drip,
    endless_body,
    huge_head,
    not_http,
    receiving,
    silent,
)
from tests.waiting import HANGS

#: For what hangs by itself.
QUICK = Timeouts(0.5, 1.0)
#: For what ends by itself, on any machine.
PATIENT = Timeouts(HANGS, HANGS)
HERE = ("127.0.0.1",)
NAME = "ente.example.it"


def post(url: str, **more: str) -> Request:
    """Returns a request as a subscription makes it."""
    return Request("POST", url, {"Content-Type": "application/json"}, b'{"a":1}', **more)  # type: ignore[arg-type]  # the fields of a request


def sent(
    receiver: Receiver, url: str = "", timeouts: Timeouts = PATIENT, **more: object
) -> Response:
    """Returns what comes back from the receiver, of which every name leads here."""
    client = Client(receiver.rule, timeouts=timeouts, resolve=lambda _host, _port: HERE)
    return client.send(post(url or receiver.url())._replace(**more))  # type: ignore[arg-type]  # the fields of a request


def test_request_arrives_as_it_was_made():
    """The body is unchanged, the name is in Host, and there are no cookies."""
    with receiving(answer(204)) as receiver:
        response = sent(receiver, receiver.url(NAME, "/a/b?c=d"))

    [received] = receiver.received
    assert response.reply.status == 204
    assert (received.method, received.path, received.body) == ("POST", "/a/b?c=d", b'{"a":1}')
    assert received.headers["host"] == f"{NAME}:{receiver.port}"
    assert received.headers["user-agent"].startswith("gpd-soap/")
    assert "cookie" not in received.headers


def test_status_and_retry_after_are_returned():
    """They decide on what follows."""
    with receiving(answer(503, Retry_After="7")) as receiver:
        assert sent(receiver).reply[:3] == (503, "", "7")


def test_redirect_is_not_followed():
    """It may lead into our own network."""
    with receiving(answer(204)) as other, receiving(answer(302, Location=other.url())) as receiver:
        assert sent(receiver).reply.status == 302

    assert other.received == []


@pytest.mark.parametrize(
    ("behave", "failure"),
    [
        (huge_head, "the head of the answer is too large"),
        (not_http, "not HTTP: BadStatusLine"),
        (silent, "no connection: RemoteDisconnected"),
    ],
    ids=["huge head", "not HTTP", "silent"],
)
def test_hostile_answer_is_a_failure(behave: Behave, failure: str):
    """No exception leaves the client."""
    with receiving(behave) as receiver:
        reply = sent(receiver).reply

    assert (reply.status, reply.failure) == (None, failure)


def test_answer_that_drips_is_a_failure_in_time():
    """One deadline bounds the attempt, and not each read: all bytes would take 200 seconds."""
    before = time.monotonic()
    with receiving(drip) as receiver:
        reply = sent(receiver, timeouts=QUICK).reply

    assert (reply.status, reply.failure) == (None, "no answer in time")
    assert time.monotonic() - before < HANGS


def test_endless_body_of_a_success_is_a_success():
    """The status has decided, and four KiB are read."""
    with receiving(endless_body) as receiver:
        assert sent(receiver).reply.status == 200


def test_body_is_read_up_to_four_kib_if_it_decides():
    """The rest is dropped."""
    with receiving(answer(200, b"a" * 9000)) as receiver:
        assert sent(receiver, reads_body=True).body == b"a" * 4096


def test_nobody_listening_is_a_failure():
    """An address that the rule refuses is one too, and so is a name without address."""
    with receiving(answer(200)) as receiver:
        port = receiver.port
    assert sent(receiver).reply.failure == "no connection: Connection refused"

    def none(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    client = Client(receiver.rule, resolve=none)
    assert client.send(post(receiver.url(NAME))).reply.status is None
    refused = client.send(post(f"http://10.0.0.1:{port}/")).reply
    assert refused.failure == "http is for networks that the operator allows"


def test_name_is_resolved_once_so_that_rebinding_changes_nothing():
    """A second answer of the name server would lead to our own network."""
    questions: list[str] = []

    def rebinding(host: str, _port: int) -> Sequence[str]:
        questions.append(host)
        return HERE if len(questions) == 1 else ("169.254.169.254",)

    with receiving(answer(200)) as receiver:
        client = Client(receiver.rule, timeouts=PATIENT, resolve=rebinding)
        first, second = (client.send(post(receiver.url(NAME))) for _ in range(2))

    assert (first.reply.status, len(receiver.received)) == (200, 1)
    assert second.reply.status is None
    assert questions == [NAME, NAME]


def test_slow_name_server_does_not_hold_the_attempt():
    """The system's resolver has no time-out."""
    resolved = threading.Event()

    def slow(_host: str, _port: int) -> Sequence[str]:
        resolved.wait(HANGS)
        return HERE

    with receiving(answer(200)) as receiver:
        client = Client(receiver.rule, timeouts=QUICK, resolve=slow)
        reply = client.send(post(receiver.url(NAME))).reply
        held = resolved.is_set()
        resolved.set()

    assert reply.failure == "no answer in time"
    assert not held


def test_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch):
    """It would resolve the name again."""
    with receiving(answer(502)) as proxy, receiving(answer(204)) as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())

        assert sent(receiver).reply.status == 204

    assert proxy.received == []


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority of the tests."""
    return trustme.CA()


def served(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """Returns the TLS of a receiver whose certificate has this name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def over_tls(receiver: Receiver, identities: Identities, **more: str) -> Response:
    """Returns what comes back over TLS."""
    client = Client(receiver.rule, identities, PATIENT, lambda _host, _port: HERE)
    return client.send(post(receiver.url(NAME), **more))


def test_name_of_the_certificate_is_checked(authority: trustme.CA, tmp_path: Path):
    """The connection goes to an address, and the certificate must have the name."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    trusting = Identities(authorities={"nostra": str(tmp_path / "ca.pem")})

    with receiving(answer(204), served(authority, NAME)) as receiver:
        right = over_tls(receiver, trusting, authority="nostra")
        untrusted = over_tls(receiver, trusting)
        unknown = over_tls(receiver, trusting, authority="altra")
    with receiving(answer(204), served(authority, "altro.example.it")) as receiver:
        wrong = over_tls(receiver, trusting, authority="nostra")

    assert right.reply.status == 204
    assert "self-signed" in untrusted.reply.failure or "unable to get" in untrusted.reply.failure
    assert unknown.reply.failure == "the settings have no authority of this name"
    assert "mismatch" in wrong.reply.failure
    assert receiver.received == []


def test_old_tls_is_refused(authority: trustme.CA, tmp_path: Path):
    """TLS 1.2 is the least."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = served(authority, NAME)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    with receiving(answer(204), context) as receiver:
        trusting = Identities(authorities={"nostra": str(tmp_path / "ca.pem")})
        reply = over_tls(receiver, trusting, authority="nostra").reply

    assert reply.failure.startswith(("TLS: ", "no connection: "))


def test_named_client_certificate_is_presented(authority: trustme.CA, tmp_path: Path):
    """A subscription names it, and the settings have its file."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("noi.example.it")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "noi.pem")
    context = served(authority, NAME)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    identities = Identities({"noi": str(tmp_path / "noi.pem")}, {"ca": str(tmp_path / "ca.pem")})

    with receiving(answer(204), context) as receiver:
        with_it = over_tls(receiver, identities, certificate="noi", authority="ca")
        without = over_tls(receiver, identities, authority="ca")

    assert with_it.reply.status == 204
    assert without.reply.status is None
