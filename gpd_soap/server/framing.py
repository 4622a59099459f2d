"""Where an HTTP/1 request ends, known from its bytes alone, before it is parsed.

Only lengths are read here. gunicorn's parser decides whether a request is valid HTTP. A request
that this module cannot measure counts as complete, so that the parser refuses it at once.
"""

from __future__ import annotations

import re

#: LIMIT: bytes of a head or of a chunked body's trailers; the Node's heads have about 400.
MAX_HEAD = 64 << 10
#: LIMIT: bytes of a line with a chunk's size, as gunicorn's parser has it.
MAX_SIZE_LINE = 8190
#: LIMIT: bytes beyond the largest body, so that its reader sees that it is longer.
BEYOND_BODY = 64 << 10
#: LIMIT: digits of a length or of a chunk's size; a number with more is over every other limit.
MAX_DIGITS = 16

HEAD_END, LINE_END = b"\r\n\r\n", b"\r\n"

# WHY: the input comes from strangers, so the pattern must never backtrack.
_FIELD = re.compile(rb"\r\n(content-length|transfer-encoding|expect):([^\r\n]*+)", re.IGNORECASE)
#: The requests that send a file of positions to the console and to the API.
_LOAD = re.compile(
    rb"POST (?:/console/[0-9]{11}/loads"
    rb"|(?:/v[12])?/organizations/[0-9]{11}/loads(?:\?[^ \r\n]*)?) HTTP/1\.[01]\r\n"
)
_SIZE = re.compile(rb"([0-9a-fA-F]+)[ \t]*(?:;.*)?", re.DOTALL)


class RequestScan:
    """Measures one request while its bytes arrive; each byte is looked at once."""

    def __init__(self, max_body: int, max_load: int = 0) -> None:
        """A body over `max_body` bytes counts as complete, because its reader refuses it.

        A file of positions that is sent may have `max_load` bytes.
        """
        self._max_body, self._max_load = max_body, max_load
        self._position = 0
        self._head_length = 0
        self._length: int | None = None
        self._decoded = 0
        self._expectation: tuple[int, int] | None = None

    @property
    def has_head(self) -> bool:
        """Whether the whole head has arrived."""
        return self._head_length > 0

    @property
    def is_head_too_long(self) -> bool:
        """Whether more than MAX_HEAD bytes have arrived without the end of the head."""
        return not self._head_length and self._position > MAX_HEAD

    def is_complete(self, received: bytearray) -> bool:
        """Whether `received`, which only ever grows, has all bytes that a parser needs."""
        if not self._head_length:
            end = received.find(HEAD_END, max(0, self._position - 3))
            if end < 0:
                begin, self._position = self._position, len(received)
                return _has_bare_line_feed(received, begin) or self.is_head_too_long
            self._head_length = self._position = end + len(HEAD_END)
            if self._measure(received):
                return True
        if self._length is None:
            return self._scan_chunks(received)
        return len(received) >= self._length

    def take_expectation(self, received: bytearray) -> bool:
        """Remove `Expect: 100-continue` from the head; returns whether it was there."""
        if self._expectation is None:
            return False
        begin, end = self._expectation
        self._expectation = None
        del received[begin:end]
        self._head_length -= end - begin
        self._position -= end - begin
        if self._length is not None:
            self._length -= end - begin
        return True

    def _measure(self, received: bytearray) -> bool:
        """Whether the head alone is enough for the parser."""
        if _LOAD.match(received):
            self._max_body = max(self._max_body, self._max_load)
        lengths, codings = self._read_fields(received)
        if codings:
            return bool(lengths) or not codings[-1].endswith(b"chunked")
        if not lengths:
            self._length = self._head_length
            return False
        [length, *others] = lengths
        if others or not length.isdigit() or len(length) > MAX_DIGITS:
            return True
        self._length = self._head_length + int(length)
        return int(length) > self._max_body

    def _read_fields(self, received: bytearray) -> tuple[list[bytes], list[bytes]]:
        """The values of Content-Length and those of Transfer-Encoding."""
        lengths, codings = [], []
        for field in _FIELD.finditer(received, 0, self._head_length):
            name, value = field[1].lower(), field[2].strip(b" \t").lower()
            if name == b"content-length":
                lengths.append(value)
            elif name == b"transfer-encoding":
                codings.append(value)
            elif value == b"100-continue" and b" HTTP/1.1\r\n" in received:
                self._expectation = field.span()
        return lengths, codings

    def _scan_chunks(self, received: bytearray) -> bool:
        if len(received) > self._head_length + 2 * self._max_body + BEYOND_BODY:
            return True
        while (end := received.find(LINE_END, self._position)) >= 0:
            line = _SIZE.fullmatch(received, self._position, end)
            if line is None or len(line[1]) > MAX_DIGITS:
                return True
            size, begin = int(line[1], 16), end + len(LINE_END)
            if size == 0:
                return _has_trailers(received, begin)
            arrived = len(received) - begin
            if self._decoded + min(size, arrived) > self._max_body + BEYOND_BODY:
                return True
            if arrived < size + len(LINE_END):
                return False
            self._decoded += size
            self._position = begin + size + len(LINE_END)
            if received[begin + size : self._position] != LINE_END:
                return True
        return len(received) - self._position > MAX_SIZE_LINE


def _has_trailers(received: bytearray, begin: int) -> bool:
    if received[begin : begin + 2] == LINE_END or received.find(HEAD_END, begin) >= 0:
        return True
    return _has_bare_line_feed(received, begin) or len(received) - begin > MAX_HEAD


def _has_bare_line_feed(received: bytearray, begin: int) -> bool:
    """Whether a line after `begin` ends without CR, which every parser refuses."""
    return received.count(b"\n", begin) != received.count(LINE_END, max(0, begin - 1))
