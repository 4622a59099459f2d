"""Mutual TLS at the node listener: which callers are accepted, by authority and name."""

import datetime as dt
import json
import os
import re
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
from tests.e2e.served import PROGRAM, running, wait_for
from tests.e2e.test_admin import run_command
from tests.e2e.test_served import VERIFY, XML, living
from tests.ports import free_port
from tests.waiting import children, until
from tests.wsgi.authority import revocation_list

FORWARDER, NEXT_FORWARDER = "forwarder.example", "forwarder-next.example"
PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


class Node(NamedTuple):
    """A served node face, with the authority that its callers trust."""

    url: str
    admin: str
    trust: str
    process: subprocess.Popen[bytes]
    database: str


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
    (folder / "revoked.pem").write_bytes(revocation_list(authority))
    environment = {
        "GPD_DATABASE_URL": database,
        "GPD_NODE_TLS_CRL": str(folder / "revoked.pem"),
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
        yield Node(f"https://127.0.0.1:{port}/partner", admin, str(trust), process, database)


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
        node.url, VERIFY, headers=XML, timeout=180, verify=node.trust, cert=certificate
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
        f"{shared_node.url}?wsdl", timeout=180, verify=shared_node.trust, cert=certificate
    )

    assert verify(shared_node, certificate).status_code == 403
    assert wsdl.status_code == 403


def refusals(node: Node) -> dict[str, float]:
    """How many callers were refused for each reason, as Prometheus is shown it."""
    command = ("key", "create", "--name", "p", "--role", "reader", "--organization", "*")
    key = run_command(*command, database=node.database).strip()
    text = requests.get(
        f"http://{node.admin}/metrics", headers={"X-Api-Key": key}, timeout=180
    ).text
    counted = re.findall(r'^gpd_refused_callers_total\{reason="(.*?)"\} (.*)$', text, re.MULTILINE)
    return {reason: float(value) for reason, value in counted}


def test_refused_callers_are_counted_and_logged(
    node: Node, authority: trustme.CA, tmp_path: Path
) -> None:
    """A certificate of another name, one of another authority, none, and no TLS at all."""
    renamed = authority.issue_cert(common_name="renewed.example")
    other = trustme.CA().issue_cert(common_name=FORWARDER)
    verify(node, written(renamed, tmp_path / "renamed.pem"))
    for certificate in (None, written(other, tmp_path / "other.pem")):
        with pytest.raises(requests.ConnectionError):
            verify(node, certificate)
    with pytest.raises(requests.ConnectionError):
        requests.post(node.url.replace("https", "http"), VERIFY, headers=XML, timeout=180)

    log_path = tmp_path / "log"
    until(lambda: "http request" in log_path.read_text("utf-8"), "the last reason")
    lines = [json.loads(line) for line in log_path.read_text("utf-8").splitlines()]
    refused = [line for line in lines if line["logger"] == "gpd_soap.callers"]
    assert refusals(node) == {
        "name": 1, "no certificate": 1, "certificate": 1, "handshake": 1, "proxy": 0,
        "unverified": 0,
    }  # fmt: skip
    assert [line["reason"] for line in refused] == [
        "name", "no certificate", "certificate", "handshake",
    ]  # fmt: skip
    assert refused[0]["detail"] == "renewed.example"
    assert refused[3]["detail"] == "http request"


def test_revoked_certificate_is_refused_after_a_reload(
    node: Node, authority: trustme.CA, tmp_path: Path
) -> None:
    """The other certificates of the same authority are accepted as before."""
    revoked = authority.issue_cert(common_name=FORWARDER)
    certificate = written(revoked, tmp_path / "revoked-client.pem")
    other = written(authority.issue_cert(common_name=FORWARDER), tmp_path / "client.pem")
    before = verify(node, certificate).status_code
    old = children(node.process.pid)
    (tmp_path / "revoked.pem").write_bytes(revocation_list(authority, revoked))
    os.kill(node.process.pid, signal.SIGHUP)
    until(lambda: not old & children(node.process.pid), "the end of the old workers")

    with pytest.raises(requests.ConnectionError):
        verify(node, certificate)
    assert before == 200
    assert verify(node, other).status_code == 200
    log_path = tmp_path / "log"
    until(lambda: "certificate revoked" in log_path.read_text("utf-8"), "the reason")
    assert refusals(node)["certificate"] == 1


def test_reload_with_a_list_that_ended_changes_nothing(
    node: Node, authority: trustme.CA, tmp_path: Path
) -> None:
    """The log says what to do, and callers are answered as before."""
    certificate = written(authority.issue_cert(common_name=FORWARDER), tmp_path / "client.pem")
    ended = revocation_list(authority, ends_at=PAST)
    (tmp_path / "revoked.pem").write_bytes(ended)
    os.kill(node.process.pid, signal.SIGHUP)
    until(lambda: "not reloaded" in (tmp_path / "log").read_text("utf-8"), "a line of the log")

    assert "ended on 2020-01-01: fetch the new one" in (tmp_path / "log").read_text("utf-8")
    assert verify(node, certificate).status_code == 200


def test_authority_without_a_list_is_a_warning_at_the_start(
    node: Node, authority: trustme.CA, tmp_path: Path
) -> None:
    """Its callers are refused, and those of the others are not."""
    other = trustme.CA(organization_name="Seconda autorità", organization_unit_name="Due")
    trust = tmp_path / "authority.pem"
    trust.write_bytes(authority.cert_pem.bytes() + other.cert_pem.bytes())
    old = children(node.process.pid)
    os.kill(node.process.pid, signal.SIGHUP)
    until(lambda: not old & children(node.process.pid), "the end of the old workers")
    first = written(authority.issue_cert(common_name=FORWARDER), tmp_path / "first.pem")
    second = written(other.issue_cert(common_name=FORWARDER), tmp_path / "second.pem")

    log_path = tmp_path / "log"
    assert "GPD_NODE_TLS_CRL has no list of Due: " in log_path.read_text("utf-8")
    assert verify(node, first).status_code == 200
    with pytest.raises(requests.ConnectionError):
        verify(node, second)
    # WHY: the caller is told before the log.
    until(lambda: "unable to get certificate CRL" in log_path.read_text("utf-8"), "the reason")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "has no list in PEM form: convert one in DER form with `openssl crl"),
        (None, "cannot read the file: No such file or directory"),
        (PAST, "ended on 2020-01-01: fetch the new one from this authority, then start or reload"),
    ],
    ids=["empty", "missing", "ended"],
)
def test_start_with_an_unusable_list_says_what_to_do(
    authority: trustme.CA,
    tmp_path: Path,
    fresh_database: FreshDatabase,
    content: bytes | dt.datetime | None,
    complaint: str,
) -> None:
    """It prints one line, and ends with 1."""
    trust, file = tmp_path / "authority.pem", tmp_path / "revoked.pem"
    authority.cert_pem.write_to_path(str(trust))
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif isinstance(content, dt.datetime):
        file.write_bytes(revocation_list(authority, ends_at=content))
    environment = {
        "GPD_DATABASE_URL": fresh_database("sqlite", living),
        "GPD_NODE_BIND": f"127.0.0.1:{free_port()}",
        "GPD_NODE_TLS_CERTIFICATE": written(authority.issue_cert("127.0.0.1"), tmp_path / "s.pem"),
        "GPD_NODE_TLS_AUTHORITIES": str(trust),
        "GPD_NODE_TLS_CRL": str(file),
        "PATH": os.defpath,
    }
    done = subprocess.run(
        [*PROGRAM, "serve", "node"], capture_output=True, text=True, timeout=120, env=environment,
        check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip

    assert done.returncode == 1
    assert "GPD_NODE_TLS_CRL: " in done.stderr
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


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
        requests.post(shared_node.url.replace("https", "http"), VERIFY, headers=XML, timeout=180)


def test_admin_listener_beside_mutual_tls_answers_in_clear_text(shared_node: Node) -> None:
    """The setting is of the node face alone."""
    assert requests.get(f"http://{shared_node.admin}/health/ready", timeout=180).status_code == 200


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
    sender.join(60)

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
    log_path = tmp_path / "log"
    until(lambda: "not reloaded" in log_path.read_text("utf-8"), "no line on the reload")
    time.sleep(1)  # the old workers would end

    assert presented(node, certificate) == before
    assert verify(node, certificate).status_code == 200
