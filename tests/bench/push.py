"""Events sent to a receiver that answers after 50 ms, the lag when idle, and a page of the feed."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from statistics import median
from typing import NamedTuple

from gpd_soap.clock import utc_now
from gpd_soap.core.event import Event, EventType
from gpd_soap.features.webhooks.addresses import Rule
from gpd_soap.features.webhooks.manage import SubscriptionRef, Subscriptions
from gpd_soap.features.webhooks.options import Options
from gpd_soap.store.events.numbering import number_all
from gpd_soap.store.events.write import write
from gpd_soap.store.store import Store
from gpd_soap.usecases import feed
from gpd_soap.usecases.envelope import encode, envelope
from gpd_soap.usecases.feed import FeedQuery
from gpd_soap.validation.queries.subscriptions import SubscriptionFields
from tests import world
from tests.bench.compare import POSTGRESQL, Size
from tests.bench.harness import harness
from tests.bench.report import Report, at_least, at_most

#: Seconds after which the receiver answers.
ANSWER = 0.05
MASTER = "a-secret-of-the-bench-and-of-no-one-"
PAGE = 1000
#: Events of an idle organization, one by one.
SINGLE = 10


class Row(NamedTuple):
    """One round: events a second with one lane and with eight; seconds of a lag and of a page.

    `answer_ms` is the median of what the receiver took, and `between_ms` what is left of the time
    of an event with one lane.
    """

    round: int
    one_lane: float
    answer_ms: float
    between_ms: float
    eight_lanes: float
    lag: float
    page: float


class Receiver:
    """Answers 204 after ANSWER, and remembers when each request arrived; keeps its connections."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        #: Seconds that each answer took, which are a little more than ANSWER.
        self.took: list[float] = []
        self._port, self._listening = 0, threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()

    @property
    def port(self) -> int:
        """The port at which it listens."""
        assert self._listening.wait(10)
        return self._port

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._handle, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await server.serve_forever()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                [length] = re.findall(rb"^content-length: *(\d+)", head, re.MULTILINE)
                await reader.readexactly(int(length))
                arrived = time.monotonic()
                self.arrivals.append(arrived)
                await asyncio.sleep(ANSWER)
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
                self.took.append(time.monotonic() - arrived)
        writer.close()


def push(size: Size) -> Report:
    """Measure in every round: both numbers of lanes, the lag of single events, a page of 1,000."""
    with harness() as made:
        url, receiver = made.database(POSTGRESQL, 1000), Receiver()
        store = Store(url)
        rule = Rule((ip_network("127.0.0.1/32"),), (receiver.port,))
        subscriptions = Subscriptions(store, utc_now, Options(MASTER.encode(), rule))
        rows = []
        for number in range(size.rounds):
            one = _rate(store, subscriptions, receiver, url, 1, 20 * size.seconds)
            answer = median(receiver.took) * 1000
            eight = _rate(store, subscriptions, receiver, url, 8, 160 * size.seconds)
            lag = _lag(store, subscriptions, receiver, url)
            rows.append(Row(number, one, answer, 1000 / one - answer, eight, lag, _page(store)))
        store.close()
    findings = [
        at_least("one lane: events/s", [row.one_lane for row in rows], 20),
        at_least("eight lanes: events/s", [row.eight_lanes for row in rows], 150),
        at_most("idle: s from the commit to the receiver", [row.lag for row in rows], 0.2),
        at_most(f"feed, page of {PAGE}: s", [row.page for row in rows], 0.03),
    ]
    return Report("push", rows, findings)


def _rate(
    store: Store, subscriptions: Subscriptions, receiver: Receiver, url: str, lanes: int, count: int
) -> float:
    """Return the events a second, from the first arrival to the last."""
    with _subscribed(subscriptions, receiver, lanes):
        _happen(store, count)
        number_all(store)
        receiver.arrivals.clear()
        receiver.took.clear()
        with _delivering(url, receiver.port):
            _wait(lambda: len(receiver.arrivals) >= count, 60 + count)
    return (count - 1) / (receiver.arrivals[-1] - receiver.arrivals[0])


def _lag(store: Store, subscriptions: Subscriptions, receiver: Receiver, url: str) -> float:
    """Return the longest time from the commit of a single event to its arrival."""
    with _subscribed(subscriptions, receiver, 1), _delivering(url, receiver.port):
        receiver.arrivals.clear()
        _happen(store, 1)
        _wait(lambda: bool(receiver.arrivals), 60)
        lags = []
        for _ in range(SINGLE):
            time.sleep(0.3)
            receiver.arrivals.clear()
            _happen(store, 1)
            committed = time.monotonic()
            _wait(lambda: bool(receiver.arrivals), 60)
            lags.append(receiver.arrivals[0] - committed)
    return max(lags)


def _page(store: Store) -> float:
    """Return the time of a page of the feed, with its envelopes as they are answered."""
    _happen(store, PAGE)
    number_all(store)
    begun = time.perf_counter()
    page = feed.read(store, world.ORGANIZATION, FeedQuery(None, PAGE))
    for each in page.events:
        encode(envelope(each))
    took = time.perf_counter() - begun
    assert len(page.events) == PAGE
    return took


def _happen(store: Store, count: int) -> None:
    """Write events, each of a position of its own."""
    data = {"optionCount": 1, "before": {}, "after": {}, "changed": []}
    kind = EventType.POSITION_UPDATED
    events = (
        Event(
            world.ORGANIZATION, kind, f"BENCH-{n}", world.ACTOR, {**data, "iupd": f"B-{n}"},
            revision=2,
        )
        for n in range(count)
    )  # fmt: skip
    with store.begin() as connection:
        write(connection, events)


@contextlib.contextmanager
def _subscribed(subscriptions: Subscriptions, receiver: Receiver, lanes: int) -> Iterator[None]:
    fields = {"url": f"http://127.0.0.1:{receiver.port}/", "lanes": lanes}
    body = SubscriptionFields.model_validate(fields)
    made, _ = subscriptions.create(world.ORGANIZATION, body, world.ACTOR)
    yield
    subscriptions.delete(SubscriptionRef(world.ORGANIZATION, made.id))


@contextlib.contextmanager
def _delivering(url: str, port: int) -> Iterator[None]:
    """Run `gpd-soap deliver`."""
    settings = {
        "GPD_DATABASE_URL": url,
        "GPD_WEBHOOK_SECRET": MASTER,
        "GPD_WEBHOOK_NETWORKS": "127.0.0.1/32",
        "GPD_WEBHOOK_PORTS": str(port),
    }
    command = [sys.executable, "-m", "gpd_soap", "deliver"]
    process = subprocess.Popen(command, env={**os.environ, **settings})
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _wait(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "the receiver did not get everything"
        time.sleep(0.005)
