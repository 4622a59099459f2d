"""Where a request ends, compared with the parser that reads it afterwards."""

import contextlib
from collections.abc import Iterator

import pytest
from gunicorn.config import Config
from gunicorn.http import RequestParser
from gunicorn.http.errors import ParseException

from gpd_soap.server.framing import BEYOND_BODY, MAX_HEAD, RequestScan
from tests.attacks.test_http import CHUNKED, SHAPES, chunked, request

MAX_BODY = 4096
BODY = b"<a/>"
WHOLE = {
    "no body": request(b""),
    "an empty line before": b"\r\n" + request(b""),
    "a length": request(BODY, f"Content-Length: {len(BODY)}"),
    "a length of nothing": request(b"", "content-length:0"),
    "an expectation": request(BODY, "Expect: 100-continue", f"Content-Length: {len(BODY)}"),
    "chunks": request(chunked(BODY), CHUNKED),
    "two chunks": request(chunked(BODY, end=chunked(BODY)), "transfer-encoding:Chunked"),
    "an extension": request(chunked(BODY, "{:x};a=b"), CHUNKED),
    "trailers": request(chunked(BODY, end=b"0\r\nX: y\r\nZ: z\r\n\r\n"), CHUNKED),
}


#: The shapes whose end the scan leaves to the parser.
UNCOUNTED = {"a size without end"}


class Exhausted(Exception):
    """The parser needs more bytes than have arrived."""


def read(content: bytes) -> bytes:
    """The body, as gunicorn's parser reads it; raises Exhausted if it needs more bytes."""

    def pieces() -> Iterator[bytes]:
        yield content
        raise Exhausted

    return next(RequestParser(Config(), pieces(), ("127.0.0.1", 1))).body.read() or b""


def arrived(content: bytes, size: int = 1) -> int | None:
    """The number of bytes after which a request counts as complete; None if it never does."""
    scan, received = RequestScan(MAX_BODY), bytearray()
    for begin in range(0, len(content), size):
        received += content[begin : begin + size]
        if scan.is_complete(received):
            return len(received)
    return None


@pytest.mark.parametrize(
    ("path", "is_awaited"),
    [
        ("/console/77777777777/loads", True),
        ("/console/77777777777/loads/load_1", False),
        ("/console/77777777777/loads?x", False),
        ("/organizations/77777777777/loads", True),
        ("/v1/organizations/77777777777/loads?name=tari.csv", True),
        ("/organizations/77777777777/loads/load_1/load", False),
        ("/organizations/77777777777/debtpositions", False),
    ],
)
def test_longer_body_is_awaited_of_a_file_to_load_alone(path: str, *, is_awaited: bool) -> None:
    """The face takes it there alone, and nowhere else is so much kept in memory."""
    length = 2 * MAX_BODY
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode()
    scan = RequestScan(MAX_BODY, max_load=length)

    assert scan.is_complete(bytearray(head)) is not is_awaited
    assert scan.is_complete(bytearray(head + b"x" * length))
    assert RequestScan(MAX_BODY, max_load=length - 1).is_complete(bytearray(head))


@pytest.mark.parametrize("content", WHOLE.values(), ids=WHOLE)
def test_request_is_complete_with_its_last_byte_and_not_before(content: bytes) -> None:
    """The parser can read the request then, and not one byte earlier."""
    assert arrived(content) == len(content)
    assert BODY in read(content) or b"\r\n\r\n" in content[-4:]
    with pytest.raises(Exhausted):
        read(content[:-1])


@pytest.mark.parametrize("content", WHOLE.values(), ids=WHOLE)
def test_request_with_another_behind_it_is_complete(content: bytes) -> None:
    """The bytes behind it belong to the next request."""
    assert arrived(content + content, len(content) + 3) == len(content) + 3


@pytest.mark.parametrize("size", [1, 5, 65536])
@pytest.mark.parametrize("shape", SHAPES)
def test_ambiguous_request_that_counts_as_complete_is_decided_at_once(
    shape: str, size: int
) -> None:
    """The parser reads or refuses it, and needs no further byte."""
    length = arrived(SHAPES[shape], size)

    assert length is not None
    # WHY: a chunk whose size has 5,000 digits never arrives whole, so the reader may lack bytes.
    with contextlib.suppress(ParseException, *((Exhausted,) if shape in UNCOUNTED else ())):
        read(SHAPES[shape][:length])


@pytest.mark.parametrize(
    "content",
    [
        request(b"", f"X: {'x' * 2 * MAX_HEAD}"),
        request(b" " * 2 * MAX_BODY, f"Content-Length: {2 * MAX_BODY}"),
        request(chunked(b" " * 4 * BEYOND_BODY), CHUNKED),
        request(chunked(b" ") * BEYOND_BODY, CHUNKED),
        request(b"0\r\n" + b"x" * 2 * MAX_HEAD, CHUNKED),
        request(b"5;" + b"x" * 2 * MAX_HEAD, CHUNKED),
    ],
    ids=["head", "length", "chunk", "chunks", "trailers", "extension"],
)
def test_request_over_a_limit_is_not_awaited(content: bytes) -> None:
    """It counts as complete before its end, so that it is refused for its length."""
    length = arrived(content, 1000)

    assert length is not None
    assert length < len(content)


def test_expectation_is_removed_once() -> None:
    """The request stays the same otherwise."""
    scan = RequestScan(MAX_BODY)
    head = request(b"", "Expect: 100-Continue", f"Content-Length: {len(BODY)}")
    received = bytearray(head)

    assert not scan.is_complete(received)
    assert scan.take_expectation(received)
    assert not scan.take_expectation(received)
    assert received == request(b"", f"Content-Length: {len(BODY)}")
    received += BODY
    assert scan.is_complete(received)
    assert read(bytes(received)) == BODY


def test_expectation_over_http_1_0_is_not_answered() -> None:
    """HTTP/1.0 has no expectations (RFC 9110, 10.1.1)."""
    scan = RequestScan(MAX_BODY)
    received = bytearray(
        request(b"", "Expect: 100-continue", "Content-Length: 4", line="POST / HTTP/1.0")
    )

    assert not scan.is_complete(received)
    assert not scan.take_expectation(received)
