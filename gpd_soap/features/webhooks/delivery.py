"""Sends the events of one claimed subscription: parked ones first, then those after its cursor.

No request runs inside a transaction.  A process that ends in the middle repeats at most the events
since the cursor was stored, with the same ids.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar

from gpd_soap.features.webhooks import formats, schedule, signing
from gpd_soap.features.webhooks.client import Session
from gpd_soap.features.webhooks.exchange import Request
from gpd_soap.features.webhooks.formats import Format
from gpd_soap.features.webhooks.schedule import Decision, Health, Outcome, Reply
from gpd_soap.features.webhooks.signing import Credential
from gpd_soap.features.webhooks.tools import Tools
from gpd_soap.features.webhooks.window import Window
from gpd_soap.store.database.transaction import Transaction, in_transaction, read_only
from gpd_soap.store.events import feed, parked, subscriptions
from gpd_soap.store.events.parked import Parked
from gpd_soap.store.events.read import StoredEvent
from gpd_soap.store.events.subscriptions import LEASE, ParkedState, State, Subscription

#: LIMIT: 400 events, some megabytes at most, are read at once; the next when half of them are sent.
BATCH = 400
#: LIMIT: the cursor is stored after 20 events or a second: a crash repeats no more than those.
SAVE_EVENTS, SAVE_SECONDS = 20, timedelta(seconds=1)
#: LIMIT: 30 s of one subscription, after which others of this process have their turn.
TURN = timedelta(seconds=30)
#: The header of an event that a person had sent again.
REPLAY = {"Gpd-Replay": "true"}

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Delivery:
    """The deliveries of one subscription while its lease holds."""

    def __init__(self, tools: Tools, subscription: Subscription) -> None:
        """Takes a subscription that `tools.worker` has claimed."""
        self._tools, self._subscription = tools, subscription
        self._format = Format(subscription.format)
        self._window = Window(subscription.cursor)
        #: Subjects that have a parked event.
        self._busy: set[str] = set()
        self._health = Health(*(getattr(subscription, name) for name in Health._fields))
        self._state: str | None = None
        self._last: dict[str, Any] = {}
        self._changed, self._saving = threading.Condition(threading.Lock()), threading.Lock()
        self._is_held = self._has_more = self._refills = self._is_reading = False
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
            self._send_new(turn_ends)
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

    def _send_new(self, turn_ends: datetime) -> None:
        """Sends the events after the cursor, several at a time if there are lanes and subjects."""
        while not self._is_stopped and self._tools.clock() < turn_ends:
            self._read_more()
            lanes = min(self._subscription.lanes, self._window.waiting())
            if not lanes:
                return
            # WHY: fewer lanes than there may be end with these events, so that more can begin.
            self._refills = lanes == self._subscription.lanes
            if lanes == 1:
                self._send_lane(turn_ends)
            else:
                with ThreadPoolExecutor(lanes, "lane") as pool:
                    list(pool.map(lambda _: self._send_lane(turn_ends), range(lanes)))

    def _read_more(self) -> None:
        """Reads the next events into the window."""
        owner, after = self._subscription, self._window.read_until

        def work(connection: Transaction) -> tuple[int, list[StoredEvent], set[str], int]:
            last = feed.bounds(connection, owner.organization).last
            chosen = feed.of_subscription(owner.id, owner.types)
            events = feed.after(connection, owner.organization, after, last, BATCH, chosen)
            among = {each.subject for each in events}
            busy = parked.subjects(connection, owner, among) if among else set()
            return last, events, busy, parked.count(connection, owner)

        last, events, busy, number_parked = self._read(work)
        with self._changed:
            self._busy |= busy
            self._number_parked = number_parked
            self._has_more = len(events) == BATCH
            self._window.add(events, (events[-1].sequence or 0) if self._has_more else last)
            self._changed.notify_all()

    def _send_lane(self, turn_ends: datetime) -> None:
        """Sends one event after another, until there are no more or the subscription is held."""
        with self._tools.client.session() as session:
            while (event := self._next(turn_ends)) is not None:
                if event.subject in self._busy:
                    waiting = {"state": ParkedState.WAITING, "attempts": 0, "next_at": None}
                    self._park(event, waiting)
                elif not self._send(event, session):
                    return
                self._finish(event)
                self._read_on()

    def _next(self, turn_ends: datetime) -> StoredEvent | None:
        """Returns the next event for a lane, and waits while every subject is under way."""
        with self._changed:
            while not self._is_stopped and self._tools.clock() < turn_ends:
                event = self._window.take()
                if event is not None:
                    return event
                if not self._window.waiting() and not self._is_reading:
                    return None
                self._changed.wait(1.0)
            return None

    def _read_on(self) -> None:
        """Reads more events before the lanes have none, in one lane while the others send."""
        with self._changed:
            is_low = self._window.waiting() < BATCH // 2
            if self._is_reading or not (self._refills and self._has_more and is_low):
                return
            self._is_reading = True
        try:
            self._read_more()
        finally:
            with self._changed:
                self._is_reading = False
                self._changed.notify_all()

    def _send(self, event: StoredEvent, session: Session) -> bool:
        """Sends an event, and parks it if it is refused.  Returns False if it must stay next."""
        reply = self._attempt(event, session)
        now = self._tools.clock()
        with self._changed:
            decision = schedule.decide(
                self._health, reply, self._number_parked, now, self._tools.random
            )
            self._follow(decision)
            self._changed.notify_all()
        if decision.outcome is Outcome.REFUSED:
            self._park(event, self._after_refusal(1, reply, now))
            with self._changed:
                self._busy.add(event.subject)
        return decision.outcome in (Outcome.DONE, Outcome.REFUSED)

    def _attempt(
        self, event: StoredEvent, session: Session | None = None, *, replay: bool = False
    ) -> Reply:
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
            **signing.headers(secrets, event.id, now, message.body, self._tools.key),
            **(REPLAY if replay else {}),
        }
        url = formats.join(owner.url, message.path)
        reply, body = self._tools.client.send(
            Request(
                message.method, url, headers, message.body, owner.certificate, owner.authority,
                reads_body=self._format is Format.PU,
            ),
            session,
        )  # fmt: skip
        with self._changed:
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
        with self._changed:
            self._number_parked += 1

    def _finish(self, event: StoredEvent) -> None:
        """Moves the cursor, and frees the subject for the next lane."""
        with self._changed:
            self._window.finish(event)
            self._changed.notify()
        self._save_if_due(self._tools.clock())

    def _save_if_due(self, now: datetime) -> None:
        """Stores the cursor now and then; other lanes send meanwhile."""
        self._unsaved += 1
        is_due = self._unsaved >= SAVE_EVENTS or now - self._saved_at >= SAVE_SECONDS
        if is_due and self._saving.acquire(blocking=False):
            try:
                self._unsaved, self._saved_at = 0, now
                self._save(now + LEASE)
            finally:
                self._saving.release()

    def _save(self, lease_until: datetime) -> None:
        """Stores the cursor and the receiver's health; stops if the lease is lost."""
        with self._changed:
            values = {"cursor": self._window.cursor, **self._health._asdict(), **self._last}
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
