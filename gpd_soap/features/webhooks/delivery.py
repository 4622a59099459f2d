"""Sends the events of one claimed subscription: parked ones first, then those after its cursor.

No request runs inside a transaction.  A process that ends in the middle repeats at most the events
since the cursor was stored, with the same ids.
"""

from __future__ import annotations

import logging
import threading
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from gpd_soap.clock import Clock
from gpd_soap.features.webhooks import formats, schedule, signing
from gpd_soap.features.webhooks.client import Client, Request
from gpd_soap.features.webhooks.formats import Format
from gpd_soap.features.webhooks.schedule import Decision, Health, Outcome, Random, Reply
from gpd_soap.features.webhooks.signing import Credential
from gpd_soap.store.database.database import Database
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.events import feed, parked, subscriptions
from gpd_soap.store.events.parked import Parked
from gpd_soap.store.events.read import StoredEvent
from gpd_soap.store.events.subscriptions import LEASE, ParkedState, State, Subscription

#: LIMIT: 400 events, some megabytes at most, are read at once: lanes wait for the longest of them.
BATCH = 400
#: LIMIT: the cursor is stored after 20 events or a second: a crash repeats no more than those.
SAVE_EVENTS, SAVE_SECONDS = 20, timedelta(seconds=1)
#: LIMIT: 30 s of one subscription, after which others of this process have their turn.
TURN = timedelta(seconds=30)
#: The header of an event that a person had sent again.
REPLAY = {"Gpd-Replay": "true"}

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Tools(NamedTuple):
    """What every delivery of a process uses; `worker` names the process in leases.

    Once `stopped` is set, each delivery ends after the request that is under way.
    """

    database: Database
    client: Client
    master: bytes
    clock: Clock
    random: Random
    worker: str
    stopped: threading.Event


class Delivery:
    """The deliveries of one subscription while its lease holds."""

    def __init__(self, tools: Tools, subscription: Subscription) -> None:
        """Takes a subscription that `tools.worker` has claimed."""
        self._tools, self._subscription = tools, subscription
        self._format = Format(subscription.format)
        self._cursor = subscription.cursor
        self._health = Health(*(getattr(subscription, name) for name in Health._fields))
        self._state: str | None = None
        self._last: dict[str, Any] = {}
        self._lock, self._is_held = threading.Lock(), False
        self._order: deque[int] = deque()
        self._done: set[int] = set()
        self._unsaved, self._saved_at = 0, tools.clock()
        self._number_parked = 0
        self.attempts = 0

    @property
    def _is_stopped(self) -> bool:
        """Whether to send no more: the receiver is to wait, or the process ends."""
        return self._is_held or self._tools.stopped.is_set()

    def run(self) -> int:
        """Sends what is due.  Returns the number of attempts."""
        turn_ends = self._tools.clock() + TURN
        try:
            self._send_parked(turn_ends)
            while not self._is_stopped and self._tools.clock() < turn_ends:
                if not self._send_batch():
                    break
        finally:
            self._save(self._tools.clock())
        return self.attempts

    def _send_parked(self, turn_ends: datetime) -> None:
        in_transaction(
            self._tools.database,
            lambda c: parked.free_waiting(c, self._subscription, self._tools.clock()),
        )
        while not self._is_stopped and self._tools.clock() < turn_ends:
            rows = self._read(
                lambda c: parked.due(c, self._subscription, self._tools.clock(), BATCH)
            )
            if not rows:
                return
            for each in rows:
                self._send_one_parked(each)

    def _send_one_parked(self, row: Parked) -> None:
        if self._is_stopped:
            return
        owner, database = self._subscription, self._tools.database
        event = self._read(lambda c: parked.event_of(c, owner.organization, row.sequence))
        reply = Reply(204) if event is None else self._attempt(event, replay=row.replay)
        outcome, now = schedule.classify(reply), self._tools.clock()
        if outcome is Outcome.REFUSED:
            values = self._after_refusal(row.attempts + 1, reply, now)
            in_transaction(database, lambda c: parked.failed(c, owner, row.sequence, **values))
            self._save_if_due(now)
            return
        self._follow(schedule.decide(self._health, reply, 0, now, self._tools.random))
        if outcome is Outcome.DONE:
            in_transaction(database, lambda c: parked.settle(c, owner, row, now))
            self._save_if_due(now)

    def _after_refusal(self, attempts: int, reply: Reply, now: datetime) -> dict[str, Any]:
        wait = schedule.wait_of_event(attempts, self._tools.random)
        return {
            "attempts": attempts,
            "state": ParkedState.DEAD if wait is None else ParkedState.RETRY,
            "next_at": None if wait is None else now + wait,
            "last_status": reply.status,
            "last_error": reply.failure,
        }

    def _send_batch(self) -> bool:
        """Sends the next events after the cursor.  Returns False if there are no more."""
        owner = self._subscription

        def work(connection: Transaction) -> tuple[int, list[StoredEvent], set[str], int]:
            last = feed.bounds(connection, owner.organization).last
            conditions = [*feed.of_types(owner.types), feed.not_a_test_of_another(owner.id)]
            events = feed.after(
                connection, owner.organization, self._cursor, last, BATCH, *conditions
            )
            among = {each.subject for each in events}
            busy = parked.subjects(connection, owner, among) if among else set()
            return last, events, busy, parked.count(connection, owner)

        last, events, busy, self._number_parked = self._read(work)
        self._order = deque(each.sequence or 0 for each in events)
        self._done = set()
        lanes: list[list[StoredEvent]] = [[] for _ in range(owner.lanes)]
        for each in events:
            lanes[zlib.crc32(each.subject.encode()) % len(lanes)].append(each)
        used = [lane for lane in lanes if lane]
        if len(used) == 1:
            self._send_lane(used[0], busy)
        elif used:
            with ThreadPoolExecutor(len(used), "lane") as pool:
                list(pool.map(lambda lane: self._send_lane(lane, busy), used))
        if self._order:
            return False
        if len(events) < BATCH:
            self._cursor = max(self._cursor, last)
        return len(events) == BATCH

    def _send_lane(self, events: Sequence[StoredEvent], busy: set[str]) -> None:
        """Sends the events of some subjects in order, until one holds the subscription."""
        for event in events:
            if self._is_stopped:
                return
            if event.subject in busy:
                self._park(event, {"state": ParkedState.WAITING, "attempts": 0, "next_at": None})
            elif not self._send(event, busy):
                return
            self._finish(event)

    def _send(self, event: StoredEvent, busy: set[str]) -> bool:
        """Sends an event, and parks it if it is refused.  Returns False if it must stay next."""
        reply = self._attempt(event)
        now = self._tools.clock()
        with self._lock:
            decision = schedule.decide(
                self._health, reply, self._number_parked, now, self._tools.random
            )
            self._follow(decision)
        if decision.outcome is Outcome.REFUSED:
            self._park(event, self._after_refusal(1, reply, now))
            busy.add(event.subject)
        return decision.outcome in (Outcome.DONE, Outcome.REFUSED)

    def _attempt(self, event: StoredEvent, *, replay: bool = False) -> Reply:
        """Returns what a receiver answers to an event; 204 if its format has nothing for it."""
        owner, raw = self._subscription, None
        if formats.needs_receipt(self._format, event, with_receipt=owner.with_receipt):
            raw = self._read(lambda c: parked.receipt_of(c, event))
        message = formats.message(self._format, event, raw)
        if message is None:
            return Reply(204)
        now = self._tools.clock()
        credential = Credential(owner.organization, owner.id, owner.generation, owner.rotated_at)
        secrets = signing.secrets_of(self._tools.master, credential, now)
        headers = {
            "Content-Type": message.content_type,
            **signing.headers(secrets, event.id, now, message.body),
            **(REPLAY if replay else {}),
        }
        url = formats.join(owner.url, message.path)
        reply, body = self._tools.client.send(
            Request(
                message.method, url, headers, message.body, owner.certificate, owner.authority,
                reads_body=self._format is Format.PU,
            )
        )  # fmt: skip
        with self._lock:
            self.attempts += 1
            self._last = {"last_status": reply.status, "last_error": reply.failure}
        return reply._replace(accepted=formats.accepted(self._format, body))

    def _follow(self, decision: Decision) -> None:
        """Takes over what a decision says of the receiver."""
        self._health = decision.health
        if decision.outcome in (Outcome.DONE, Outcome.REFUSED):
            return
        self._is_held = True
        if decision.outcome is Outcome.GONE:
            self._state = State.PAUSED
            logger.warning("subscription %s was paused: its receiver is gone", self._name)
        elif decision.suspend:
            self._state = State.SUSPENDED
            logger.warning("subscription %s was suspended: no success for days", self._name)

    def _park(self, event: StoredEvent, values: dict[str, Any]) -> None:
        fields = {"replay": False, "last_status": None, "last_error": "", **values}
        row = Parked(sequence=event.sequence or 0, subject=event.subject, **fields)
        in_transaction(self._tools.database, lambda c: parked.park(c, self._subscription, row))
        with self._lock:
            self._number_parked += 1

    def _finish(self, event: StoredEvent) -> None:
        """Moves the cursor to the last event before which none is unfinished."""
        with self._lock:
            self._done.add(event.sequence or 0)
            while self._order and self._order[0] in self._done:
                self._cursor = self._order.popleft()
            self._save_if_due(self._tools.clock())

    def _save_if_due(self, now: datetime) -> None:
        self._unsaved += 1
        if self._unsaved >= SAVE_EVENTS or now - self._saved_at >= SAVE_SECONDS:
            self._save(now + LEASE)
            self._unsaved, self._saved_at = 0, now

    def _save(self, lease_until: datetime) -> None:
        """Stores the cursor and the receiver's health; stops if the lease is lost."""
        values = {"cursor": self._cursor, **self._health._asdict(), **self._last}
        if self._state is not None:
            values["state"] = self._state
        tools = self._tools
        holds = in_transaction(
            tools.database,
            lambda c: subscriptions.save(
                c, self._subscription, tools.worker, lease_until, **values
            ),
        )
        if not holds:
            self._is_held = True

    @property
    def _name(self) -> str:
        return f"{self._subscription.organization}/{self._subscription.id}"

    def _read(self, work: Callable[[Transaction], T]) -> T:
        return read_only(self._tools.database, work)
