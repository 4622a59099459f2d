"""Attacks in HTTP, over raw sockets: at the program as it is served, and through nginx."""

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
from tests.messages.build import asked, claim, qr

#: What no answer and no log may repeat: a key, in a line that cannot be read.
SECRET = "gpd_segretissima"  # noqa: S105  # invented
#: How long nothing must come for an answer to be over, and where one must come.
QUIET_SECONDS, PATIENT_SECONDS = 0.2, 10.0

SHOWN = b"Tributo 1<"
HIDDEN = b"Tributo 6<"
INNER = asked("paVerifyPaymentNotice", claim() + qr(world.nav(6))).encode()


def request(body: bytes, *headers: str, line: str = "POST /partner HTTP/1.1") -> bytes:
    """A request with these headers, and no other than its host and its type."""
    head = [line, "Host: ec.example", "Content-Type: text/xml", *headers]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def chunked(body: bytes, size: str = "{:x}", end: bytes = b"0\r\n\r\n") -> bytes:
    """A body in one chunk, and its end."""
    return size.format(len(body)).encode("latin-1") + b"\r\n" + body + b"\r\n" + end


SMUGGLED = request(INNER, f"Content-Length: {len(INNER)}")
LENGTH, CHUNKED = f"Content-Length: {len(VERIFY)}", "Transfer-Encoding: chunked"
ALL = f"Content-Length: {len(VERIFY + SMUGGLED)}"
BOTH = VERIFY + SMUGGLED
IN_CHUNKS = chunked(VERIFY) + SMUGGLED

#: Each is one request to one reader and two to another; SMUGGLED is the second.
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
    """Where to send bytes, in TLS or not, and where the program logs."""

    host: str
    port: int
    log: Path
    tls: ssl.SSLContext | None = None


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all that is served here."""
    return tmp_path_factory.mktemp("http")


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A database of the world that the real clock finds payable."""
    return databases.make("sqlite", living)[1]


@pytest.fixture(scope="module")
def program(home: Path, url: str) -> Iterator[Address]:
    """Both faces as they are served, without a proxy; the node face's address."""
    with serving("all", url, home / "log", GPD_LOG_LEVEL="debug") as found:
        yield Address("127.0.0.1", urlsplit(found).port or 0, home / "log")


@pytest.fixture(scope="module")
def nginx(home: Path, url: str) -> Iterator[Address]:
    """The same behind nginx, which asks for a certificate."""
    authority = trustme.CA()
    told = {"GPD_NODE_PROXIES": "127.0.0.1/32", "GPD_LOG_LEVEL": "debug"}
    with (
        serving("node", url, home / "behind", **told) as plain,
        fronting(home, urlsplit(plain).netloc, authority) as front,
    ):
        leaf = authority.issue_cert(common_name=FORWARDER)
        leaf.private_key_and_cert_chain_pem.write_to_path(str(home / "client.pem"))
        context = ssl.create_default_context(cafile=str(home / "authorities.pem"))
        context.load_cert_chain(home / "client.pem")
        yield Address("127.0.0.1", urlsplit(front).port or 0, home / "behind", context)


@pytest.fixture(params=["program", "nginx"])
def address(request: pytest.FixtureRequest) -> Address:
    """Each in turn."""
    found: Address = request.getfixturevalue(request.param)
    return found


def connected(address: Address) -> socket.socket:
    """A connection of our own."""
    made = socket.create_connection((address.host, address.port), 15)
    return address.tls.wrap_socket(made, server_hostname=address.host) if address.tls else made


def send(address: Address, sent: bytes, quiet: float = QUIET_SECONDS) -> bytes:
    """All that comes back, until the other side closes or has been quiet for a while."""
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


def answer(address: Address, body: bytes, *headers: str) -> bytes:
    """What comes back to a request that must have an answer."""
    return send(address, request(body, "Connection: close", *headers), PATIENT_SECONDS)


def statuses(received: bytes) -> list[int]:
    """The status of each answer that came."""
    return [int(each[:3]) for each in received.split(b"HTTP/1.1 ")[1:]]


def exchanges(address: Address) -> list[str]:
    """The notice of each exchange that the program logged, by its last digits."""
    lines = [json.loads(line) for line in address.log.read_text().splitlines()]
    return [line["notice"] for line in lines if line["message"] == "exchange"]


def test_a_plain_request_is_answered(address: Address) -> None:
    """In one piece or in chunks, with an extension too; and two are two."""
    for body, framed in (
        (VERIFY, LENGTH),
        (chunked(VERIFY), CHUNKED),
        (chunked(VERIFY, "{:x};name=value"), CHUNKED),
    ):
        received = answer(address, body, framed)
        assert (statuses(received), SHOWN in received) == ([200], True)

    received = send(address, request(VERIFY, LENGTH) + SMUGGLED, quiet=2)
    assert (statuses(received), HIDDEN in received) == ([200, 200], True)


#: nginx lets these pass as a request that ends and another behind it, and frames both anew.
LENIENT = {
    "bare LFs throughout",
    "a size with a space",
    "a chunk that ends in LF",
    "a trailer with a bare LF",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_one_request_never_becomes_two(address: Address, shape: str) -> None:
    """What may be read in two ways is refused, or read in the way in which nothing is hidden."""
    before = len(exchanges(address))

    received = send(address, SHAPES[shape])

    heard = exchanges(address)[before:]
    # WHY: what only the program behind saw as a request would have no answer here.
    assert len(heard) <= len(statuses(received))
    if address.tls is None or shape not in LENIENT:
        assert HIDDEN not in received
        assert world.nav(6)[-4:] not in heard
        assert len(heard) <= 1


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
def test_what_is_no_http_is_refused_and_not_repeated(address: Address, shape: str) -> None:
    """Neither to the sender nor in the log, where a key may have stood in the wrong place."""
    before = len(exchanges(address))

    received = send(address, HEADERS[shape])

    if shape != "an expectation":
        assert all(400 <= status < 600 for status in statuses(received))
        assert len(exchanges(address)) == before
    assert SECRET not in received.decode("latin-1")
    assert SECRET not in address.log.read_text()
    assert statuses(answer(address, VERIFY, LENGTH)) == [200]


def test_a_bomb_in_gzip_is_not_unpacked(address: Address) -> None:
    """Eight megabytes in eight kilobytes are refused for what they say they are."""
    bomb = gzip.compress(b" " * (8 << 20))
    length = f"Content-Length: {len(bomb)}"

    for coding in ("gzip", "GZIP", "x-gzip", "deflate", "br", "identity, gzip"):
        received = answer(address, bomb, length, f"Content-Encoding: {coding}")
        assert statuses(received) == [415]
    assert SHOWN in answer(address, VERIFY, LENGTH, "Content-Encoding: identity")


def test_what_is_too_large_is_refused_unread(address: Address) -> None:
    """By its length; in chunks as soon as it is too long."""
    huge = b" " * (2 << 20)

    assert statuses(answer(address, b"", f"Content-Length: {1 << 40}")) == [413]
    assert statuses(answer(address, chunked(huge), CHUNKED)) in ([413], [])
    assert statuses(answer(address, VERIFY, LENGTH)) == [200]


def drip(address: Address, slow: bytes) -> float:
    """The seconds until a sender of a byte now and then is left."""
    began = time.monotonic()
    with connected(address) as connection:
        connection.settimeout(0.2)
        for byte in slow:
            try:
                connection.send(bytes([byte]))
                if not connection.recv(4096):
                    break
            except TimeoutError:
                pass
            except OSError:
                break
    return time.monotonic() - began


def test_a_slow_sender_is_left(program: Address) -> None:
    """Whether it is the head or the body that drips; and then the threads are free again."""
    whole = request(VERIFY, LENGTH)
    slow = [whole, whole[:20] + b" " * 1000, request(b"5\r\n", CHUNKED)[:-2] + b"0" * 1000]
    bodies = [request(b"", LENGTH) + VERIFY] * 5
    with ThreadPoolExecutor(8) as pool:
        took = list(pool.map(lambda sent: drip(program, sent), slow + bodies))

    assert max(took) < 8 * ARRIVAL_SECONDS  # all of it would take 180 s
    assert statuses(answer(program, VERIFY, LENGTH)) == [200]
    failures = [line for line in program.log.read_text().splitlines() if '"exception"' in line]
    assert failures == []


def test_a_body_that_never_comes_is_not_waited_for(program: Address) -> None:
    """Neither by the node face nor by the administrators'."""
    began = time.monotonic()
    received = send(program, request(VERIFY[:50], LENGTH), quiet=12 * ARRIVAL_SECONDS)

    assert statuses(received) == [400]
    assert time.monotonic() - began < 8 * ARRIVAL_SECONDS
