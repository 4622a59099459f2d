"""Mutual TLS at the node listener: which callers are accepted, by authority and name."""

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
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import requests
import trustme

from tests.conftest import Databases, FreshDatabase
from tests.e2e.served import free_port, running, wait_for
from tests.e2e.test_served import VERIFY, XML, living
from tests.waiting import children, until

FORWARDER, NEXT_FORWARDER = "forwarder.example", "forwarder-next.example"
PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


class Node(NamedTuple):
    """A served node face, with the authority that its callers trust."""

    url: str
    admin: str
    trust: str
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The authority that signs every certificate here, the server's included."""
    return trustme.CA()


def written(leaf: trustme.LeafCert, path: Path) -> str:
    """Write a certificate with its key to a file; return its path."""
    leaf.private_key_and_cert_chain_pem.write_to_path(str(path))
    return str(path)


@contextmanager
def secured(database: str, folder: Path, authority: trustme.CA) -> Iterator[Node]:
    """Serve the node face with mutual TLS for two names, and the admin face without TLS."""
    port, admin = free_port(), f"127.0.0.1:{free_port()}"
    trust = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(trust))
    written(authority.issue_cert("127.0.0.1"), folder / "server.pem")
    environment = {
        "GPD_DATABASE_URL": database,
        "GPD_NODE_BIND": f"127.0.0.1:{port}",
        "GPD_ADMIN_BIND": admin,
        "GPD_WORKERS": "2",
        "GPD_NODE_TLS_CERTIFICATE": str(folder / "server.pem"),
        "GPD_NODE_TLS_AUTHORITIES": str(trust),
        "GPD_NODE_CALLERS": f"{FORWARDER}, {NEXT_FORWARDER}",
    }
    log_path = folder / "log"
    with running([sys.executable, "-m", "gpd_soap", "serve"], log_path, **environment) as process:
        wait_for(f"http://{admin}/health/live", process, log_path)
        yield Node(f"https://127.0.0.1:{port}/partner", admin, str(trust), process)


@pytest.fixture
def node(fresh_database: FreshDatabase, tmp_path: Path, authority: trustme.CA) -> Iterator[Node]:
    """A server of one test, which may change its files and reload it."""
    with secured(fresh_database("sqlite", living), tmp_path, authority) as served:
        yield served


@pytest.fixture(scope="module")
def shared_node(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA
) -> Iterator[Node]:
    """A server that tests share; they send questions alone."""
    _, database = databases.make("sqlite", living)
    with secured(database, tmp_path_factory.mktemp("node"), authority) as served:
        yield served


def verify(node: Node, certificate: str | None) -> requests.Response:
    """Send a verify with this certificate."""
    return requests.post(
        node.url, VERIFY, headers=XML, timeout=15, verify=node.trust, cert=certificate
    )


@pytest.mark.parametrize("name", [FORWARDER, NEXT_FORWARDER])
def test_caller_with_either_configured_name_is_answered(
    shared_node: Node, authority: trustme.CA, tmp_path: Path, name: str
) -> None:
    """While a caller replaces its certificate, the old and the new one are both valid."""
    certificate = written(authority.issue_cert(common_name=name), tmp_path / "client.pem")

    answered = verify(shared_node, certificate)

    assert (answered.status_code, b"<outcome>OK</outcome>" in answered.content) == (200, True)


def test_caller_with_another_name_is_403(
    shared_node: Node, authority: trustme.CA, tmp_path: Path
) -> None:
    """It cannot read the WSDL either."""
    certificate = written(authority.issue_cert(common_name="somebody"), tmp_path / "client.pem")

    wsdl = requests.get(
        f"{shared_node.url}?wsdl", timeout=15, verify=shared_node.trust, cert=certificate
    )

    assert verify(shared_node, certificate).status_code == 403
    assert wsdl.status_code == 403


def test_caller_without_a_valid_certificate_gets_no_answer(
    shared_node: Node, authority: trustme.CA, tmp_path: Path
) -> None:
    """The handshake fails without a certificate, with an expired one or another authority's."""
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
            verify(shared_node, certificate)
    with pytest.raises(requests.ConnectionError):
        requests.post(shared_node.url.replace("https", "http"), VERIFY, headers=XML, timeout=15)


def test_admin_listener_beside_mutual_tls_answers_in_clear_text(shared_node: Node) -> None:
    """The setting is of the node face alone."""
    assert requests.get(f"http://{shared_node.admin}/health/ready", timeout=15).status_code == 200


def presented(node: Node, certificate: str) -> bytes:
    """The certificate that the server presents at the moment."""
    context = ssl.create_default_context(cafile=node.trust)
    context.load_cert_chain(certificate)
    url_parts = urlsplit(node.url)
    with (
        socket.create_connection((str(url_parts.hostname), url_parts.port), 15) as plain,
        context.wrap_socket(plain, server_hostname=str(url_parts.hostname)) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


def test_reload_presents_a_new_certificate_without_a_lost_answer(
    node: Node, authority: trustme.CA, tmp_path: Path
) -> None:
    """Requests during the reload are answered."""
    certificate = written(authority.issue_cert(common_name=FORWARDER), tmp_path / "client.pem")
    before = presented(node, certificate)
    enough, statuses = threading.Event(), Counter[object]()

    def keep_verifying() -> None:
        while not enough.is_set():
            try:
                statuses[verify(node, certificate).status_code] += 1
            except requests.ConnectionError as error:
                statuses[str(error)] += 1

    sender = threading.Thread(target=keep_verifying)
    sender.start()
    old = children(node.process.pid)
    written(authority.issue_cert("127.0.0.1"), tmp_path / "server.pem")
    os.kill(node.process.pid, signal.SIGHUP)
    until(lambda: presented(node, certificate) != before, "the new certificate")
    until(lambda: not old & children(node.process.pid), "the end of the old workers")
    enough.set()
    sender.join(20)

    assert presented(node, certificate) != before
    assert set(statuses) == {200}


def test_reload_with_an_unusable_certificate_changes_nothing(
    node: Node, authority: trustme.CA, tmp_path: Path
) -> None:
    """The server still presents the old one."""
    certificate = written(authority.issue_cert(common_name=FORWARDER), tmp_path / "client.pem")
    before = presented(node, certificate)
    (tmp_path / "server.pem").write_text("half of a certificate", encoding="utf-8")
    os.kill(node.process.pid, signal.SIGHUP)
    log_path, deadline = tmp_path / "log", time.monotonic() + 20
    while "not reloaded" not in log_path.read_text("utf-8") and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)  # the old workers would end

    assert "not reloaded" in log_path.read_text("utf-8")
    assert presented(node, certificate) == before
    assert verify(node, certificate).status_code == 200
