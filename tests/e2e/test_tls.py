"""Mutual TLS at the node listener: who is let in, by authority and name."""

import datetime as dt
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import requests
import trustme

from tests.conftest import FreshDatabase
from tests.e2e.served import free_port, running, wait_for
from tests.e2e.test_served import VERIFY, XML, living
from tests.waiting import children, until

FORWARDER, NEXT_FORWARDER = "forwarder.example", "forwarder-next.example"
PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


class Node(NamedTuple):
    """A served node face, and what it takes to ask it."""

    url: str
    admin: str
    trust: str
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who signs everything here, the server's certificate included."""
    return trustme.CA()


def written(leaf: trustme.LeafCert, place: Path) -> str:
    """A certificate with its key in one file."""
    leaf.private_key_and_cert_chain_pem.write_to_path(str(place))
    return str(place)


@pytest.fixture
def node(fresh_database: FreshDatabase, tmp_path: Path, authority: trustme.CA) -> Iterator[Node]:
    """The node face behind mutual TLS, for two names; the admin face beside it, in the clear."""
    port, admin = free_port(), f"127.0.0.1:{free_port()}"
    trust = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(trust))
    written(authority.issue_cert("127.0.0.1"), tmp_path / "server.pem")
    told = {
        "GPD_DATABASE_URL": fresh_database("sqlite", living),
        "GPD_NODE_BIND": f"127.0.0.1:{port}",
        "GPD_ADMIN_BIND": admin,
        "GPD_WORKERS": "2",
        "GPD_NODE_TLS_CERTIFICATE": str(tmp_path / "server.pem"),
        "GPD_NODE_TLS_AUTHORITIES": str(trust),
        "GPD_NODE_CALLERS": f"{FORWARDER}, {NEXT_FORWARDER}",
    }
    log = tmp_path / "log"
    with running([sys.executable, "-m", "gpd_soap", "serve"], log, **told) as process:
        wait_for(f"http://{admin}/health/live", process, log)
        yield Node(f"https://127.0.0.1:{port}/partner", admin, str(trust), process)


def ask(node: Node, certificate: str | None) -> requests.Response:
    """A verify, with this certificate."""
    return requests.post(
        node.url, VERIFY, headers=XML, timeout=15, verify=node.trust, cert=certificate
    )


@pytest.mark.parametrize("name", [FORWARDER, NEXT_FORWARDER])
def test_both_names_are_let_in(
    node: Node, authority: trustme.CA, tmp_path: Path, name: str
) -> None:
    """While a certificate is replaced, the old and the new one are good at once."""
    certificate = written(authority.issue_cert(common_name=name), tmp_path / "client.pem")

    answered = ask(node, certificate)

    assert (answered.status_code, b"<outcome>OK</outcome>" in answered.content) == (200, True)


def test_another_name_is_turned_away(node: Node, authority: trustme.CA, tmp_path: Path) -> None:
    """The authority signs many; only those that were named may ask, the contract included."""
    certificate = written(authority.issue_cert(common_name="somebody"), tmp_path / "client.pem")

    wsdl = requests.get(f"{node.url}?wsdl", timeout=15, verify=node.trust, cert=certificate)

    assert ask(node, certificate).status_code == 403
    assert wsdl.status_code == 403


def test_a_stranger_does_not_even_get_an_answer(
    node: Node, authority: trustme.CA, tmp_path: Path
) -> None:
    """No certificate, one of another authority, one that is past: the handshake ends it."""
    other = trustme.CA().issue_cert(common_name=FORWARDER)
    past = authority.issue_cert(
        common_name=FORWARDER, not_before=PAST, not_after=PAST + dt.timedelta(days=1)
    )
    for certificate in (
        None,
        written(other, tmp_path / "other.pem"),
        written(past, tmp_path / "past.pem"),
    ):
        with pytest.raises(requests.ConnectionError):
            ask(node, certificate)
    with pytest.raises(requests.ConnectionError):
        requests.post(node.url.replace("https", "http"), VERIFY, headers=XML, timeout=15)


def test_the_other_listener_stays_as_it_is(node: Node) -> None:
    """TLS is the node face's; administrators come over a loopback or a proxy of their own."""
    assert requests.get(f"http://{node.admin}/health/ready", timeout=15).status_code == 200


def presented(node: Node, certificate: str) -> bytes:
    """The certificate that the server presents at the moment."""
    context = ssl.create_default_context(cafile=node.trust)
    context.load_cert_chain(certificate)
    place = urlsplit(node.url)
    with (
        socket.create_connection((str(place.hostname), place.port), 15) as plain,
        context.wrap_socket(plain, server_hostname=str(place.hostname)) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


def test_a_new_certificate_is_taken_up_without_a_lost_answer(
    node: Node, authority: trustme.CA, tmp_path: Path
) -> None:
    """After a reload the new one is presented, and whoever asked meanwhile was answered."""
    certificate = written(authority.issue_cert(common_name=FORWARDER), tmp_path / "client.pem")
    before = presented(node, certificate)
    enough, statuses = threading.Event(), Counter[object]()

    def keep_asking() -> None:
        while not enough.is_set():
            try:
                statuses[ask(node, certificate).status_code] += 1
            except requests.ConnectionError as error:
                statuses[str(error)] += 1

    asking = threading.Thread(target=keep_asking)
    asking.start()
    old = children(node.process.pid)
    written(authority.issue_cert("127.0.0.1"), tmp_path / "server.pem")
    os.kill(node.process.pid, signal.SIGHUP)
    until(lambda: presented(node, certificate) != before, "the new certificate")
    until(lambda: not old & children(node.process.pid), "the end of the old workers")
    enough.set()
    asking.join(20)

    assert presented(node, certificate) != before
    assert set(statuses) == {200}


def test_a_certificate_that_cannot_be_used_changes_nothing(
    node: Node, authority: trustme.CA, tmp_path: Path
) -> None:
    """After such a reload the one from before is presented still, by the same server."""
    certificate = written(authority.issue_cert(common_name=FORWARDER), tmp_path / "client.pem")
    before = presented(node, certificate)
    (tmp_path / "server.pem").write_text("half of a certificate", encoding="utf-8")
    os.kill(node.process.pid, signal.SIGHUP)
    log, deadline = tmp_path / "log", time.monotonic() + 20
    while "not reloaded" not in log.read_text("utf-8") and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)  # the old workers go

    assert "not reloaded" in log.read_text("utf-8")
    assert presented(node, certificate) == before
    assert ask(node, certificate).status_code == 200
