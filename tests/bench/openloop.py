"""Load at a constant rate, whether answers come or not, as from independent callers.

wrk waits for an answer before its next request, and so slows down with the server.  Here each
request has its instant.  Its latency counts from then, also while it waits for a connection.  A
request that has waited for a connection as long as for an answer is given up unsent.
"""

import re
import select
import socket
import time
from collections import deque
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.bench import notices
from tests.bench.load import http

#: LIMIT: 900 callers at once; gunicorn's own limit is 1000 connections for each worker.
CALLERS = 900
#: LIMIT: 20 s to make a connection.
PATIENCE = 20.0
#: The header of an answer that is the last on its connection.
LAST = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


class Offered(NamedTuple):
    """The result.  Latencies in ms; `generator` is our own CPU, as a part of one core.

    `slowest` counts from the sending of a request, the other latencies from its instant.  `lag` is
    the delay of the generator itself, at the 99th percentile.  `taken` has the serials with a right
    answer.
    """

    requests: int
    right: int
    refused: int
    wrong: int
    broken: int
    unsent: int
    unanswered: int
    p50: float
    p99: float
    most: float
    slowest: float
    lag: float
    generator: float
    taken: list[int]


class _Caller:
    """One connection with at most one request under way."""

    def __init__(self, address: str) -> None:
        url = urlsplit(address)
        self.socket = socket.create_connection((url.hostname, url.port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due, self.sent = 0.0, 0.0
        self.serial, self.expected, self.received = 0, b"", b""
        self.over = False

    def ask(self, request: notices.Request, serial: int, due: float) -> None:
        self.due, self.sent, self.serial, self.received = due, time.perf_counter(), serial, b""
        self.expected = notices.filled(request.expected, serial).encode()
        self.socket.sendall(notices.filled(request.template, serial).encode())

    def receive(self) -> tuple[int, bool] | None:
        """Return the status and whether it is the right answer, or None while it is incomplete."""
        part = self.socket.recv(1 << 16)
        if not part:
            raise ConnectionResetError
        self.received += part
        head, end, body = self.received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            return None
        self.over = LAST.search(head) is not None
        return int(head[9:12]), self.expected in body


class _Loop:
    """All callers, the free ones among them, and the results."""

    def __init__(self, address: str, primitive: str, positions: int, patience: float) -> None:
        self.address, self.positions, self.patience = address, positions, patience
        request = notices.REQUESTS[primitive]
        template = http(address, primitive, request.template).decode()
        self.request = request._replace(template=template)
        self.poll = select.epoll()
        self.callers: dict[int, _Caller] = {}
        self.free: list[_Caller] = []
        self.waiting: deque[tuple[int, float]] = deque()
        self.latencies: list[float] = []
        self.lags: list[float] = []
        self.taken: list[int] = []
        self.refused = self.broken = self.unsent = 0
        self.slowest = 0.0

    def dispatch(self) -> None:
        """Give waiting requests to free callers, or to new ones up to the limit."""
        while self.waiting and (self.free or len(self.callers) < CALLERS):
            number, due = self.waiting.popleft()
            if time.perf_counter() - due > self.patience:
                self.unsent += 1
                continue
            try:
                caller = self.free.pop() if self.free else self._new()
            except OSError:
                self.broken += 1
                continue
            try:
                caller.ask(self.request, notices.nth(number, self.positions), due)
            except OSError:
                self._lose(caller)

    def listen(self, seconds: float) -> None:
        """Receive the answers of the next `seconds` seconds."""
        for number, _ in self.poll.poll(max(seconds, 0)):
            caller = self.callers[number]
            try:
                response = caller.receive()
            except OSError:
                self._lose(caller)
                continue
            if response is not None:
                self._record(caller, *response)

    def _record(self, caller: _Caller, status: int, expected: int) -> None:
        now = time.perf_counter()
        self.latencies.append((now - caller.due) * 1000)
        self.slowest = max(self.slowest, (now - caller.sent) * 1000)
        if status == 200 and expected:
            self.taken.append(caller.serial)
        self.refused += status == 503
        caller.due = 0.0
        if caller.over:
            self._lose(caller)
        else:
            self.free.append(caller)

    def _new(self) -> _Caller:
        caller = _Caller(self.address)
        self.callers[caller.socket.fileno()] = caller
        self.poll.register(caller.socket.fileno(), select.EPOLLIN)
        return caller

    def _lose(self, caller: _Caller) -> None:
        self.broken += caller.due > 0
        if caller in self.free:
            self.free.remove(caller)
        del self.callers[caller.socket.fileno()]
        caller.socket.close()

    def close(self) -> None:
        """Close every connection."""
        for caller in self.callers.values():
            caller.socket.close()
        self.poll.close()


def offer(
    address: str, primitive: str, positions: int, rate: float, seconds: float, patience: float
) -> Offered:
    """Return the result of requests at this rate; answers are awaited for `patience` seconds."""
    loop = _Loop(address, primitive, positions, patience)
    total, sent = int(rate * seconds), 0
    start, used = time.perf_counter(), time.process_time()
    end = start + seconds + 2 * patience
    while (
        len(loop.latencies) + loop.broken + loop.unsent < total
        and (now := time.perf_counter()) < end
    ):
        due = min(total, int((now - start) * rate) + 1)
        for number in range(sent, due):
            loop.waiting.append((number, start + number / rate))
            loop.lags.append(now - start - number / rate)
        sent = due
        loop.dispatch()
        loop.listen(start + sent / rate - time.perf_counter() if sent < total else 0.1)
    used, took = time.process_time() - used, time.perf_counter() - start
    loop.close()
    right = len(loop.taken)
    times, lags = sorted(loop.latencies), sorted(loop.lags)
    return Offered(
        total, right, loop.refused, len(times) - right - loop.refused, loop.broken, loop.unsent,
        total - len(times) - loop.broken - loop.unsent,
        _percentile(times, 0.50), _percentile(times, 0.99), times[-1], loop.slowest,
        _percentile(lags, 0.99) * 1000, used / took, loop.taken,
    )  # fmt: skip


def _percentile(ordered: list[float], fraction: float) -> float:
    return ordered[int(len(ordered) * fraction)]
