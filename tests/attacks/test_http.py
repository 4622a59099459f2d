"""Attacks in HTTP, over raw sockets, at the program and at nginx in front of it."""

import gzip
import json
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import trustme

from gpd_soap.server.arriving import ARRIVAL_SECONDS
from tests import world
from tests.conftest import Databases
from tests.deploy.test_nginx import FORWARDER, fronting
from tests.e2e.served import serving
from tests.e2e.test_served import VERIFY, living
from tests.messages.build import claim, qr, soap_request

#: A key in a malformed line, which no answer and no log may repeat.
SECRET = "gpd_segretissima"  # noqa: S105  # invented
#: Seconds of silence after which an answer is complete, and after which one that must come failed.
QUIET_SECONDS, PATIENT_SECONDS = 0.2, 10.0

SHOWN = b"Tributo 1<"
HIDDEN = b"Tributo 6<"
INNER = soap_request("paVerifyPaymentNotice", claim() + qr(world.nav(6))).encode()


def request(body: bytes, *headers: str, line: str = "POST /partner HTTP/1.1") -> bytes:
    """A request with these headers beside Host and Content-Type."""
    head = [line, "Host: ec.example", "Content-Type: text/xml", *headers]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def chunked(body: bytes, size: str = "{:x}", end: bytes = b"0\r\n\r\n") -> bytes:
    """A body in one chunk, with its last chunk."""
    return size.format(len(body)).encode("latin-1") + b"\r\n" + body + b"\r\n" + end


SMUGGLED = request(INNER, f"Content-Length: {len(INNER)}")
LENGTH, CHUNKED = f"Content-Length: {len(VERIFY)}", "Transfer-Encoding: chunked"
ALL = f"Content-Length: {len(VERIFY + SMUGGLED)}"
BOTH = VERIFY + SMUGGLED
IN_CHUNKS = chunked(VERIFY) + SMUGGLED

#: Requests that one reader takes for one request and another for two; SMUGGLED is the second.
SHAPES = {
    "length and chunks": request(IN_CHUNKS, f"Content-Length: {len(IN_CHUNKS)}", CHUNKED),
    "chunks and length": request(IN_CHUNKS, CHUNKED, f"Content-Length: {len(IN_CHUNKS)}"),
    "chunks and a length of 0": request(IN_CHUNKS, "Content-Length: 0", CHUNKED),
    "two lengths": request(BOTH, LENGTH, ALL),
    "two lengths, the long one first": request(BOTH, ALL, LENGTH),
    "a list of lengths": request(BOTH, f"Content-Length: {len(VERIFY)}, {len(BOTH)}"),
    "a signed length": request(BOTH, f"Content-Length: +{len(VERIFY)}"),
    "a length of less than nothing": request(BOTH, "Content-Length: -1"),
    "a length in hex": request(BOTH, f"Content-Length: 0x{len(VERIFY):x}"),
    "a length of two words": request(BOTH, f"Content-Length: {len(VERIFY)} {len(BOTH)}"),
    "a length with an underscore": request(BOTH, "Content-Length: 1_0"),
    "a length of other digits": request(BOTH, "Content-Length: \xb9\xb2"),
    "a length with a vertical tab": request(BOTH, f"Content-Length: \x0b{len(VERIFY)}"),
    "a length too long to count": request(BOTH, f"Content-Length: {'9' * 5000}"),
    "a space before the colon": request(IN_CHUNKS, "Transfer-Encoding : chunked", LENGTH),
    "a name with an underscore": request(IN_CHUNKS, "Transfer_Encoding: chunked", ALL),
    "a name with a control character": request(IN_CHUNKS, "\x01Transfer-Encoding: chunked", ALL),
    "a name in quotes": request(IN_CHUNKS, '"Transfer-Encoding": chunked', ALL),
    "a folded line": request(IN_CHUNKS, "X: y", " Transfer-Encoding: chunked", ALL),
    "a folded value": request(IN_CHUNKS, "Transfer-Encoding:", " chunked", ALL),
    "a bare LF before the name": request(IN_CHUNKS, "X: y\nTransfer-Encoding: chunked", ALL),
    "a bare CR before the name": request(IN_CHUNKS, "X: y\rTransfer-Encoding: chunked", ALL),
    "a zero byte before the name": request(IN_CHUNKS, "X: y\0Transfer-Encoding: chunked", ALL),
    "bare LFs throughout": request(BOTH, LENGTH).replace(b"\r\n", b"\n"),
    "an unknown coding": request(IN_CHUNKS, "Transfer-Encoding: xchunked"),
    "identity": request(IN_CHUNKS, "Transfer-Encoding: identity", ALL),
    "chunked, then identity": request(IN_CHUNKS, "Transfer-Encoding: chunked, identity"),
    "chunked twice": request(IN_CHUNKS, "Transfer-Encoding: chunked, chunked"),
    "chunked in two headers": request(IN_CHUNKS, CHUNKED, CHUNKED),
    "chunked and something": request(IN_CHUNKS, CHUNKED, "Transfer-Encoding: x"),
    "chunked with a vertical tab": request(IN_CHUNKS, "Transfer-Encoding: \x0bchunked"),
    "gzip, then chunked": request(IN_CHUNKS, "Transfer-Encoding: gzip, chunked", ALL),
    "chunks in HTTP/1.0": request(IN_CHUNKS, CHUNKED, line="POST /partner HTTP/1.0"),
    "a size in 0x": request(chunked(VERIFY, "0x{:x}") + SMUGGLED, CHUNKED),
    "a signed size": request(chunked(VERIFY, "+{:x}") + SMUGGLED, CHUNKED),
    "a size of less than nothing": request(chunked(VERIFY, "-{:x}") + SMUGGLED, CHUNKED),
    "a size with a space": request(chunked(VERIFY, "{:x} ") + SMUGGLED, CHUNKED),
    "a size with an underscore": request(chunked(VERIFY, "0_{:x}") + SMUGGLED, CHUNKED),
    "a size without end": request(chunked(VERIFY, "f" * 5000 + "{:x}") + SMUGGLED, CHUNKED),
    "an extension that ends in LF": request(
        chunked(VERIFY, "{:x};\n" + f"{len(VERIFY):x}") + SMUGGLED, CHUNKED
    ),
    "an extension with a CR": request(chunked(VERIFY, "{:x};a\rb") + SMUGGLED, CHUNKED),
    "an extension without end": request(chunked(VERIFY, "{:x};" + "a" * 90_000), CHUNKED),
    "a chunk longer than it says": request(
        chunked(VERIFY + b"0\r\n\r\n", f"{len(VERIFY):x}") + SMUGGLED, CHUNKED
    ),
    "a chunk that ends in LF": request(
        chunked(VERIFY).replace(b"\r\n0\r\n", b"\n0\r\n") + SMUGGLED, CHUNKED
    ),
    "a trailer that is a length": request(
        chunked(VERIFY, end=f"0\r\nContent-Length: {len(SMUGGLED)}\r\n\r\n".encode()), CHUNKED
    ),
    "a trailer with a bare LF": request(chunked(VERIFY, end=b"0\r\n\n") + SMUGGLED, CHUNKED),
    "two requests in one line": request(
        BOTH, LENGTH, line="POST /partner HTTP/1.1\rPOST /partner HTTP/1.1"
    ),
    "HTTP of another version": request(BOTH, ALL, line="POST /partner HTTP/9.9"),
    "HTTP of no version": request(BOTH, ALL, line="POST /partner"),
    "HTTP/2 without leave": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED,
    "another host in the line": request(
        BOTH, ALL, line="POST http://127.0.0.1:8081/organizations HTTP/1.1"
    ),
}  # fmt: skip


class Address(NamedTuple):
    """Host and port of a listener, its log, and the TLS context to call it with."""

    host: str
    port: int
    log_path: Path
    tls: ssl.SSLContext | None = None


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the files of all servers here."""
    return tmp_path_factory.mktemp("http")


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A database of the world with due dates far in the future."""
    return databases.make("sqlite", living)[1]


@pytest.fixture(scope="module")
def program(home: Path, url: str) -> Iterator[Address]:
    """Serve both faces without a proxy; the address of the node face."""
    with serving("all", url, home / "log", GPD_LOG_LEVEL="debug") as node_url:
        yield Address("127.0.0.1", urlsplit(node_url).port or 0, home / "log")


@pytest.fixture(scope="module")
def nginx(home: Path, url: str) -> Iterator[Address]:
    """Serve the node face behind nginx, which requires a certificate."""
    authority = trustme.CA()
    variables = {"GPD_NODE_PROXIES": "127.0.0.1/32", "GPD_LOG_LEVEL": "debug"}
    with (
        serving("node", url, home / "behind", **variables) as plain,
        fronting(home, urlsplit(plain).netloc, authority) as front,
    ):
        leaf = authority.issue_cert(common_name=FORWARDER)
        leaf.private_key_and_cert_chain_pem.write_to_path(str(home / "client.pem"))
        context = ssl.create_default_context(cafile=str(home / "authorities.pem"))
        context.load_cert_chain(home / "client.pem")
        yield Address("127.0.0.1", urlsplit(front).port or 0, home / "behind", context)


@pytest.fixture(params=["program", "nginx"])
def address(request: pytest.FixtureRequest) -> Address:
    """The program's address, and then nginx's."""
    listener: Address = request.getfixturevalue(request.param)
    return listener


def connected(address: Address) -> socket.socket:
    """A connection to the address."""
    made = socket.create_connection((address.host, address.port), 15)
    return address.tls.wrap_socket(made, server_hostname=address.host) if address.tls else made


def send(address: Address, sent: bytes, quiet: float = QUIET_SECONDS) -> bytes:
    """Send bytes; return what comes back until the end or a silence."""
    received = b""
    with connected(address) as connection:
        try:
            connection.sendall(sent)
            connection.settimeout(quiet)
            while more := connection.recv(65536):
                received += more
        except OSError:
            pass
    return received


def complete_answer(address: Address, body: bytes, *headers: str) -> bytes:
    """Send a request that must be answered; return the answer."""
    return send(address, request(body, "Connection: close", *headers), PATIENT_SECONDS)


def statuses(received: bytes) -> list[int]:
    """Status of each answer in these bytes."""
    return [int(each[:3]) for each in received.split(b"HTTP/1.1 ")[1:]]


def logged_notices(address: Address) -> list[str]:
    """Last digits of the notice of each exchange in the program's log."""
    lines = [json.loads(line) for line in address.log_path.read_text().splitlines()]
    return [line["notice"] for line in lines if line["message"] == "exchange"]


def test_request_with_length_or_chunks_is_answered(address: Address) -> None:
    """Chunk extensions are allowed, and two requests in a row get two answers."""
    for body, framed in (
        (VERIFY, LENGTH),
        (chunked(VERIFY), CHUNKED),
        (chunked(VERIFY, "{:x};name=value"), CHUNKED),
    ):
        received = complete_answer(address, body, framed)
        assert (statuses(received), SHOWN in received) == ([200], True)

    received = send(address, request(VERIFY, LENGTH) + SMUGGLED, quiet=2)
    assert (statuses(received), HIDDEN in received) == ([200, 200], True)


#: Shapes that nginx reads as two requests and forwards as two requests with lengths of its own.
LENIENT = {
    "bare LFs throughout",
    "a size with a space",
    "a chunk that ends in LF",
    "a trailer with a bare LF",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_ambiguous_request_is_never_read_as_two(address: Address, shape: str) -> None:
    """It is refused, or read in the way that hides no second request."""
    before = len(logged_notices(address))

    received = send(address, SHAPES[shape])

    logged = logged_notices(address)[before:]
    # WHY: a request that only the program behind nginx saw would have no answer here.
    assert len(logged) <= len(statuses(received))
    if address.tls is None or shape not in LENIENT:
        assert HIDDEN not in received
        assert world.nav(6)[-4:] not in logged
        assert len(logged) <= 1


HEADERS = {
    "a long header": request(VERIFY, LENGTH, f"X: {SECRET}{'x' * 100_000}"),
    "a long name": request(VERIFY, LENGTH, f"{SECRET}{'x' * 100_000}: x"),
    "a long line": request(VERIFY, LENGTH, line=f"POST /{SECRET}{'x' * 100_000} HTTP/1.1"),
    "many headers": request(VERIFY, LENGTH, *(f"X-{n}: {SECRET}" for n in range(5000))),
    "a header without a colon": request(VERIFY, LENGTH, f"X-Api-Key {SECRET}"),
    "a header with a zero byte": request(VERIFY, LENGTH, f"X-Api-Key: {SECRET}\0"),
    "a name with a space": request(VERIFY, LENGTH, f"X-Api-Key {SECRET}: x"),
    "a method that is none": request(VERIFY, LENGTH, line=f"{SECRET} /partner HTTP/1.1"),
    "a version that is none": request(VERIFY, LENGTH, line=f"POST /partner {SECRET}/1.1"),
    "a coding that is none": request(VERIFY, f"Transfer-Encoding: {SECRET}"),
    "an expectation": request(VERIFY, LENGTH, f"Expect: {SECRET}"),
    "a chunk that is none": request(SECRET.encode() + b"\r\n", CHUNKED),
}


@pytest.mark.parametrize("shape", HEADERS)
def test_malformed_request_is_refused_and_not_repeated(address: Address, shape: str) -> None:
    """A key in the wrong part of a request is neither in the answer nor in the log."""
    before = len(logged_notices(address))

    received = send(address, HEADERS[shape])

    if shape != "an expectation":
        assert all(400 <= status < 600 for status in statuses(received))
        assert len(logged_notices(address)) == before
    assert SECRET not in received.decode("latin-1")
    assert SECRET not in address.log_path.read_text()
    assert statuses(complete_answer(address, VERIFY, LENGTH)) == [200]


def test_compressed_body_is_415(address: Address) -> None:
    """Eight kilobytes of gzip would be eight megabytes."""
    bomb = gzip.compress(b" " * (8 << 20))
    length = f"Content-Length: {len(bomb)}"

    for coding in ("gzip", "GZIP", "x-gzip", "deflate", "br", "identity, gzip"):
        received = complete_answer(address, bomb, length, f"Content-Encoding: {coding}")
        assert statuses(received) == [415]
    assert SHOWN in complete_answer(address, VERIFY, LENGTH, "Content-Encoding: identity")


def test_body_above_the_limit_is_413(address: Address) -> None:
    """A body with a length is not read, and one in chunks is read up to the limit."""
    huge = b" " * (2 << 20)

    assert statuses(complete_answer(address, b"", f"Content-Length: {1 << 40}")) == [413]
    assert statuses(complete_answer(address, chunked(huge), CHUNKED)) in ([413], [])
    assert statuses(complete_answer(address, VERIFY, LENGTH)) == [200]


def seconds_until_closed(address: Address, content: bytes) -> float:
    """Send a byte at a time; return the seconds until the other end closes the connection."""
    began = time.monotonic()
    with connected(address) as connection:
        connection.settimeout(0.2)
        for byte in content:
            try:
                connection.send(bytes([byte]))
                if not connection.recv(4096):
                    break
            except TimeoutError:
                pass
            except OSError:
                break
    return time.monotonic() - began


def test_slow_sender_is_disconnected_and_frees_its_thread(program: Address) -> None:
    """The limit holds for the head and for the body."""
    complete = request(VERIFY, LENGTH)
    slow = [complete, complete[:20] + b" " * 1000, request(b"5\r\n", CHUNKED)[:-2] + b"0" * 1000]
    bodies = [request(b"", LENGTH) + VERIFY] * 5
    with ThreadPoolExecutor(8) as pool:
        durations = list(pool.map(lambda sent: seconds_until_closed(program, sent), slow + bodies))

    assert max(durations) < 8 * ARRIVAL_SECONDS  # a whole request would take 180 s
    assert statuses(complete_answer(program, VERIFY, LENGTH)) == [200]
    failures = [line for line in program.log_path.read_text().splitlines() if '"exception"' in line]
    assert failures == []


def test_request_without_its_body_is_400_in_time(program: Address) -> None:
    """The connection stays open, but the rest of the body never comes."""
    began = time.monotonic()
    received = send(program, request(VERIFY[:50], LENGTH), quiet=12 * ARRIVAL_SECONDS)

    assert statuses(received) == [400]
    assert time.monotonic() - began < 8 * ARRIVAL_SECONDS
