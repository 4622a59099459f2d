"""Bounds on requests under way: neither one key nor all keys hold every thread of a process."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from werkzeug.test import Client, create_environ

from gpd_soap.api.app import Monitoring, admin_app
from gpd_soap.api.concurrency import Limits
from gpd_soap.monitoring.metrics import Metrics
from gpd_soap.monitoring.scrape import METRICS
from gpd_soap.settings import Settings
from gpd_soap.store.access import keys
from gpd_soap.store.access.keys import Role
from gpd_soap.store.store import Store
from gpd_soap.wiring import admin_face
from gpd_soap.wsgi.http import LIVE, READY
from tests.api.office import ALL, ONE, ORGANIZATION, Answer, BackOffice, Clock, ready

KEY, FACE = 2, 3
#: LIMIT: seconds that a broken test may hang; a passing test never waits for it.
HANGING = 30.0


class Held(Clock):
    """A clock at which a held request waits, inside its handler, until the test releases it."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = threading.Semaphore(0)
        self.free = threading.Event()
        self.request = threading.local()

    def __call__(self) -> datetime:
        """Return the time; authentication reads it first, and the handler second."""
        calls = self.request.__dict__.get("calls")
        if calls is not None:
            self.request.calls = calls + 1
            if calls == 1:
                self.arrived.release()
                assert self.free.wait(HANGING)
        return self.now


class Busy(BackOffice):
    """A back office in which requests can be held inside their handlers."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self.held = Held()
        super().__init__(store, self.held)
        monitoring = Monitoring(ready, lambda _: b"figures")
        self.app = admin_app(store, self.clock, self.cases, monitoring, limits)
        self._client = Client(self.app)
        self._threads = ThreadPoolExecutor(8)

    def reader(self) -> str:
        """Create one more reader's key."""
        return self.key(Role.READER, ORGANIZATION)

    def _list(self, key: str, *, held: bool) -> Answer:
        self.held.request.calls = 0 if held else None
        return self.get(ALL, key=key)

    def begin(self, key: str) -> Future[Answer]:
        """Start a list with this key, and return once its handler holds it."""
        begun = self._threads.submit(self._list, key, held=True)
        assert self.held.arrived.acquire(timeout=HANGING)
        return begun

    def start(self, key: str) -> Future[Answer]:
        """Start a list with this key that is not held by the handler."""
        return self._threads.submit(self._list, key, held=False)

    def close(self) -> None:
        """Release every held request, and end the threads."""
        self.held.free.set()
        self._threads.shutdown()


@contextmanager
def opened(store: Store, wait: float) -> Iterator[Busy]:
    """A back office that refuses a request after this wait for a slot."""
    busy = Busy(store, Limits(face=FACE, key=KEY, wait=wait))
    try:
        yield busy
    finally:
        busy.close()


@pytest.fixture
def busy(quick_store: Store) -> Iterator[Busy]:
    """A back office that refuses a request without waiting for a slot."""
    with opened(quick_store, 0) as office:
        yield office


def test_key_with_its_requests_under_way_is_429_and_others_are_answered(busy: Busy):
    """A key without a free slot gets Retry-After, and another key gets its answer."""
    slow, other = busy.reader(), busy.reader()
    held = [busy.begin(slow) for _ in range(KEY)]

    refused, answered = busy.get(ALL, key=slow), busy.get(ALL, key=other)
    busy.held.free.set()

    assert (refused.status, refused.title) == (429, "Too Many Requests")
    assert "key" in refused.body["detail"]
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["X-Request-Id"]
    assert answered.status == 200
    assert [each.result().status for each in held] == [200] * KEY
    assert busy.get(ALL, key=slow).status == 200


def test_face_with_its_requests_under_way_is_429_before_the_key_is_read(busy: Busy):
    """Without a free slot of the face, every request is refused alike, whatever key it presents."""
    slow, other, stranger = busy.reader(), busy.reader(), "gpd_nobody"
    held = [busy.begin(key) for key in (slow, slow, other)]

    refused = [busy.get(ALL, key=key) for key in (other, busy.reader(), stranger, "")]
    busy.held.free.set()

    assert [(each.status, each.title) for each in refused] == [(429, "Too Many Requests")] * 4
    assert {each.headers["Retry-After"] for each in refused} == {"1"}
    assert {each.headers["Cache-Control"] for each in refused} == {"no-store"}
    assert all(each.headers["X-Request-Id"] for each in refused)
    assert [each.result().status for each in held] == [200] * FACE
    assert busy.get(ALL, key="").status == 401


def test_health_and_metrics_are_answered_while_every_slot_is_taken(busy: Busy):
    """Health and metrics need no slot."""
    watching = busy.key(Role.READER, keys.ALL_ORGANIZATIONS)
    for key in (busy.reader(), busy.reader(), busy.reader()):
        busy.begin(key)

    assert busy.get(ALL).status == 429
    assert [busy.get(path, key=watching).status for path in (LIVE, READY, METRICS)] == [200] * 3


def test_request_that_finds_a_slot_while_it_waits_is_answered(quick_store: Store):
    """A request waits for a slot that another request frees soon."""
    with opened(quick_store, HANGING) as busy:
        slow = busy.reader()
        held = [busy.begin(slow) for _ in range(KEY)]
        waiting = busy.start(slow)
        assert not waiting.done()
        busy.held.free.set()

        assert waiting.result(HANGING).status == 200
        assert [each.result().status for each in held] == [200] * KEY


def test_slots_are_free_again_after_refusals_and_failures(busy: Busy):
    """A request gives its slots back whatever its status."""
    reader = busy.reader()
    for _ in range(FACE + 1):
        assert busy.get("/keys", key=reader).status == 403
        assert busy.get(f"{ALL}/NESSUNA", key=reader).status == 404
        assert busy.get("/nothing", key=reader).status == 404
        assert busy.get(ALL, key="gpd_nobody").status == 401
        assert busy.put(ONE, {}, key=reader).status == 403


def test_answer_that_is_still_being_sent_holds_its_slots(quick_store: Store):
    """A slow reader holds a thread, so its request is under way until the last byte is sent."""
    with opened(quick_store, 0) as busy:
        environ = create_environ(ALL, headers={"X-Api-Key": busy.writer})
        sending = [busy.app(dict(environ), lambda *_: None) for _ in range(KEY)]
        refused = busy.get(ALL)
        for answer in sending:
            answer.close()  # type: ignore[attr-defined]  # WSGI's close, as a server calls it

        assert (refused.status, busy.get(ALL).status) == (429, 200)


@pytest.mark.parametrize(
    ("settings", "answered"),
    [
        (Settings(), [200, 200, 429]),
        (Settings(threads=8), [200, 200, 200, 200, 429]),
        (Settings(threads=1), [200, 429]),
        (Settings(key_requests=1), [200, 429]),
        (Settings(key_requests=9, admin_requests=3), [200, 200, 200, 429]),
        (Settings(key_requests=9), [200, 200, 200, 429]),
    ],
    ids=["default", "eight", "one", "key", "face", "one-thread-is-left"],
)
def test_requests_of_a_key_are_bounded_by_settings_or_half_of_the_threads(
    settings: Settings, answered: list[int], quick: BackOffice, tmp_path: Path
):
    """By default one key may use half of the threads, and all keys together leave one free."""
    face = admin_face(settings, quick.store, quick.cases, Metrics(tmp_path), quick.clock)
    environ = create_environ(ALL, headers={"X-Api-Key": quick.writer})
    statuses: list[int] = []

    def keep(status: str, *_: object) -> None:
        statuses.append(int(status[:3]))

    sending = [face(dict(environ), keep) for _ in answered]
    for each in sending:
        getattr(each, "close", int)()

    assert statuses == answered
