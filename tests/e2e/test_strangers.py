"""Requests beside senders that never finish, with or without TLS, are answered."""

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import requests
import trustme

from gpd_soap.server.unfinished import MAX_BY_ADDRESS
from tests.conftest import Databases
from tests.e2e.served import PROGRAM, running, serving, wait_for
from tests.e2e.test_served import VERIFY, XML, living
from tests.ports import free_port

#: Number of requests of an honest caller beside the strangers, each over its own connection.
REQUESTS = 24
#: Parts of a TLS handshake: its first byte, and the beginning of a record.
FIRST_BYTE, HALF_HELLO = b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
HEAD = b"POST /partner HTTP/1.1\r\nHost: here\r\nContent-Type: text/xml\r\n"
HALF_HEAD, HALF_BODY = HEAD, HEAD + b"Content-Length: 900\r\n\r\n<a>"
HALF_CHUNK = HEAD + b"Transfer-Encoding: chunked\r\n\r\n90\r\n<a>"
FRAGMENTS = {
    "half a head": HALF_HEAD,
    "half a body": HALF_BODY,
    "half a chunk": HALF_CHUNK,
    "half a trailer": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n",
}


LAST = b"GET /health/live HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"


class Listener(NamedTuple):
    """A node face, with the certificates that a caller needs."""

    url: str
    trust: str | None = None
    certificate: str | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the URL."""
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 0)

    def verify(self, _: object = None) -> int | str:
        """Status of a verify, or the name of the error."""
        return self._status("POST", self.url, VERIFY)

    def live(self, _: object = None) -> int | str:
        """Status of `/health/live`, or the name of the error."""
        return self._status("GET", self.url.replace("/partner", "/health/live"), None)

    def secured(self, sock: socket.socket) -> ssl.SSLSocket:
        """A TLS connection of a caller with a certificate."""
        context = ssl.create_default_context(cafile=self.trust)
        assert self.certificate is not None
        context.load_cert_chain(self.certificate)
        return context.wrap_socket(sock, server_hostname=self.address[0])

    def _status(self, method: str, url: str, content: bytes | None) -> int | str:
        try:
            return requests.request(
                method, url, data=content, headers=XML, timeout=180,
                verify=self.trust, cert=self.certificate,
            ).status_code  # fmt: skip
        except requests.RequestException as error:
            return type(error).__name__


@pytest.fixture(scope="module")
def database(databases: Databases) -> str:
    """A database of the world with due dates far in the future."""
    return databases.make("sqlite", living)[1]


@pytest.fixture(scope="module")
def plain(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    """A node face without TLS: one worker with two threads."""
    log_path = tmp_path_factory.mktemp("plain") / "log"
    with serving("node", database, log_path, GPD_WORKERS="1", GPD_THREADS="2") as url:
        yield Listener(url)


@pytest.fixture(scope="module")
def tls(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    """A node face with mutual TLS: one worker with two threads."""
    home, authority = tmp_path_factory.mktemp("tls"), trustme.CA()
    port, admin = free_port(), free_port()
    authority.cert_pem.write_to_path(str(home / "authority.pem"))
    for name, leaf in (
        ("server", authority.issue_cert("127.0.0.1")),
        ("client", authority.issue_cert(common_name="forwarder.example")),
    ):
        leaf.private_key_and_cert_chain_pem.write_to_path(str(home / f"{name}.pem"))
    environment = {
        "GPD_DATABASE_URL": database,
        "GPD_NODE_BIND": f"127.0.0.1:{port}",
        "GPD_ADMIN_BIND": f"127.0.0.1:{admin}",
        "GPD_WORKERS": "1",
        "GPD_THREADS": "2",
        "GPD_NODE_TLS_CERTIFICATE": str(home / "server.pem"),
        "GPD_NODE_TLS_AUTHORITIES": str(home / "authority.pem"),
    }
    with running([*PROGRAM, "serve"], home / "log", **environment) as process:
        wait_for(f"http://127.0.0.1:{admin}/health/live", process, home / "log")
        url = f"https://127.0.0.1:{port}/partner"
        yield Listener(url, str(home / "authority.pem"), str(home / "client.pem"))


class Stranger:
    """A sender that sends a part, waits, and connects again whenever it is disconnected."""

    def __init__(self, listener: Listener, part: bytes, *, in_tls: bool = False) -> None:
        self._listener, self._part, self._in_tls = listener, part, in_tls
        self.begun = 0
        self._connect()

    def again(self) -> None:
        """Connect again if the other end has closed."""
        try:
            ended = self._sock.recv(4096, *(() if self._in_tls else (socket.MSG_DONTWAIT,))) == b""
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError:
            ended = True
        if ended:
            self._sock.close()
            self._connect()

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()

    def _connect(self) -> None:
        # WHY: the bound of an address is for those who come from it, and the Node does not.
        sock = socket.create_connection(self._listener.address, 30, ("127.0.0.9", 0))
        if self._in_tls:
            sock = self._listener.secured(sock)
        sock.sendall(self._part)
        sock.setblocking(False)
        self._sock, self.begun = sock, self.begun + 1


@contextmanager
def strangers(
    listener: Listener, count: int, part: bytes, *, in_tls: bool = False
) -> Iterator[None]:
    """Run this many strangers at once."""
    senders = [Stranger(listener, part, in_tls=in_tls) for _ in range(count)]
    enough = threading.Event()

    def keep_connecting() -> None:
        while not enough.wait(0.05):
            for sender in senders:
                with suppress(OSError):
                    sender.again()

    keeping = threading.Thread(target=keep_connecting)
    keeping.start()
    try:
        yield
    finally:
        enough.set()
        keeping.join()
        for sender in senders:
            sender.close()


def answers(listener: Listener) -> Counter[int | str]:
    """Count what an honest caller gets, before and after the first strangers are disconnected."""
    with ThreadPoolExecutor(2) as pool:
        verified = list(pool.map(listener.verify, range(REQUESTS)))
        alive = list(pool.map(listener.live, range(REQUESTS // 4)))
    return Counter([*verified, *alive])


ALL_ANSWERED = {200: REQUESTS + REQUESTS // 4}


@pytest.mark.parametrize("part", [FIRST_BYTE, HALF_HELLO], ids=["one byte", "half a hello"])
@pytest.mark.parametrize("count", [4, 40, 400])
def test_requests_beside_unfinished_handshakes_are_answered(
    tls: Listener, count: int, part: bytes
) -> None:
    """Strangers without a certificate, four or four hundred, hold no thread."""
    with strangers(tls, count, part):
        assert answers(tls) == ALL_ANSWERED


@pytest.mark.parametrize("part", FRAGMENTS.values(), ids=FRAGMENTS)
def test_requests_beside_unfinished_requests_are_answered(plain: Listener, part: bytes) -> None:
    """Sixteen senders of a part of a request hold no thread."""
    with strangers(plain, 16, part):
        assert answers(plain) == ALL_ANSWERED


@pytest.mark.parametrize("part", FRAGMENTS.values(), ids=FRAGMENTS)
def test_requests_beside_unfinished_requests_in_tls_are_answered(
    tls: Listener, part: bytes
) -> None:
    """Callers with a certificate that stop in the middle of a request hold no thread."""
    with strangers(tls, 16, part, in_tls=True):
        assert answers(tls) == ALL_ANSWERED


def test_requests_beside_mixed_unfinished_senders_are_answered(tls: Listener) -> None:
    """Silent connections and parts of handshakes, heads and bodies are open at once."""
    with (
        strangers(tls, 40, b""),
        strangers(tls, 40, HALF_HELLO),
        strangers(tls, 20, HALF_HEAD, in_tls=True),
        strangers(tls, 20, HALF_BODY, in_tls=True),
    ):
        assert answers(tls) == ALL_ANSWERED


def test_requests_beside_clients_that_do_not_close_are_answered(plain: Listener) -> None:
    """A client that keeps its end open after its last answer holds no thread."""
    with strangers(plain, 100, LAST):
        assert answers(plain) == ALL_ANSWERED


#: Pipelined requests whose answers do not fit into a socket's buffer.
PIPELINE = b"GET /partner?xsd=paForNode.xsd HTTP/1.1\r\nHost: here\r\n\r\n" * 100


@pytest.mark.parametrize("in_tls", [False, True], ids=["plain", "TLS"])
def test_requests_beside_clients_that_do_not_read_are_answered(
    request: pytest.FixtureRequest, *, in_tls: bool
) -> None:
    """A client that reads late holds no thread, and then gets all its answers."""
    listener: Listener = request.getfixturevalue("tls" if in_tls else "plain")
    with ExitStack() as stack:
        clients = []
        for _ in range(8):
            client = stack.enter_context(socket.socket())
            client.settimeout(30)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            client.connect(listener.address)
            if in_tls:
                client = stack.enter_context(listener.secured(client))
            client.sendall(PIPELINE)
            clients.append(client)

        assert answers(listener) == ALL_ANSWERED
        clients[0].sendall(LAST)
        received = b"".join(iter(lambda: clients[0].recv(65536), b""))

    assert received.count(b"HTTP/1.1 200") == 101


def test_oldest_unfinished_requests_of_an_address_above_its_limit_are_closed(
    plain: Listener,
) -> None:
    """Its newest connections are still read, and a request on one of them is answered."""
    senders = [socket.create_connection(plain.address, 30) for _ in range(MAX_BY_ADDRESS + 50)]
    try:
        for sender in senders:
            sender.sendall(HALF_HEAD)
        newest = senders[-1]
        newest.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(VERIFY), VERIFY))

        assert newest.recv(12) == b"HTTP/1.1 200"
        assert senders[0].recv(1) == b""
    finally:
        for sender in senders:
            sender.close()


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_request_in_pieces_is_answered_as_in_one(plain: Listener, size: int) -> None:
    """The requests have a length or chunks, and come one behind another on one connection."""
    complete = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(VERIFY), VERIFY)
    chunks = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nX: y\r\n\r\n" % (
        len(VERIFY),
        VERIFY,
    )
    get = b"GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n"
    last = get.replace(b"here", b"here\r\nConnection: close")
    sent = complete + chunks + get + complete + last
    with socket.create_connection(plain.address, 30) as sender:
        sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for begin in range(0, len(sent), size):
            sender.sendall(sent[begin : begin + size])
        received = b"".join(iter(lambda: sender.recv(65536), b""))

    assert received.count(b"HTTP/1.1 200") == 5
    assert received.count(b"<outcome>OK</outcome>") == 3


@pytest.mark.parametrize("in_tls", [False, True], ids=["plain", "TLS"])
def test_client_that_expects_100_gets_it_once_before_its_answer(
    request: pytest.FixtureRequest, *, in_tls: bool
) -> None:
    """The client sends its body only then."""
    listener: Listener = request.getfixturevalue("tls" if in_tls else "plain")
    sender = socket.create_connection(listener.address, 30)
    if in_tls:
        sender = listener.secured(sender)
    with sender:
        sender.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n" % len(VERIFY))
        sender.sendall(b"Connection: close\r\n\r\n")
        interim = sender.recv(4096)
        sender.sendall(VERIFY)
        received = b"".join(iter(lambda: sender.recv(65536), b""))

    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert received.startswith(b"HTTP/1.1 200")
    assert b"100 Continue" not in received
