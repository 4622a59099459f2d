"""Runs encounters, a thread for each script, and records each answer with its instant.

A change is sent as a back office sends it, and again until it has a definite answer.  Each attempt
without a definite answer is recorded as an operation that may have been done or not.
"""

import math
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import requests

from tests import world
from tests.drills.apps import App
from tests.drills.encounters import PLAN, Encounter, Script, message
from tests.drills.operations import (
    CREATED,
    DONE,
    OK,
    Change,
    ChangeAccount,
    Create,
    Delete,
    Operation,
    Option,
    PayElsewhere,
    Publish,
    Receive,
    Replace,
    Restore,
    SetFee,
    Verify,
    Withdraw,
)
from tests.drills.serial import Record
from tests.drills.stories import DUE_DAY, Message
from tests.drills.watching import PATIENCE, XML, outcome_of
from tests.messages.build import claim, qr, soap_request
from tests.validation import bodies

ORGANIZATION = f"/organizations/{world.ORGANIZATION}"
#: Bounds of the assumed duration of a change, in seconds, when instants are chosen.
SHORTEST, LONGEST = 0.004, 0.2
#: LIMIT: 300 s; a change without a definite answer after that is a finding, and is given up.
GIVE_UP_AFTER = 300
#: LIMIT: two encounters at the same time; with more, requests wait for a thread and do not meet.
TOGETHER = 2
#: The weight of the last change in the assumed duration of a change.
PACE = 0.1

#: Sends a receipt until it is answered OK, and returns whether it was.
Deliver = Callable[[requests.Session, Message], bool]

#: The last part of the path of each transition of a position, and what is sent with it.
TRANSITIONS: dict[type, tuple[str, dict[str, Any] | None]] = {
    Publish: ("publish", None),
    Withdraw: ("invalidate", None),
    Restore: ("restore", {"reason": "withdrawn by mistake"}),
}


class Call(NamedTuple):
    """A request to the admin API."""

    method: str
    path: str
    body: dict[str, Any] | None = None


class Meetings:
    """All encounters by IUPD: the records of their operations and the ETags of their answers."""

    def __init__(
        self,
        apps: Sequence[App],
        headers: dict[str, str],
        connect: Callable[[], requests.Session],
        deliver: Deliver,
    ) -> None:
        self._apps, self._headers, self._connect = apps, headers, connect
        self._deliver = deliver
        self._sessions: queue.SimpleQueue[requests.Session] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._room = threading.Semaphore(TOGETHER)
        self.records: defaultdict[str, list[Record]] = defaultdict(list)
        self.etags: defaultdict[str, list[str]] = defaultdict(list)
        self.wrong: list[str] = []
        self.over = threading.Event()
        #: The assumed duration of a change, in seconds.
        self._lasts = 0.02

    def hold(self, encounter: Encounter, number: int) -> None:
        """Run the scripts of an encounter; `number` chooses the app of each script."""
        with self._room:
            self._hold(encounter, number)

    def _hold(self, encounter: Encounter, number: int) -> None:
        etag = self._etag(encounter, number)
        together = threading.Barrier(len(encounter.scripts))
        threads = [
            threading.Thread(
                target=self._follow,
                args=(encounter, script, etag, together, number + index),
                daemon=True,
            )
            for index, script in enumerate(encounter.scripts)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _follow(
        self,
        encounter: Encounter,
        script: Script,
        etag: str,
        together: threading.Barrier,
        number: int,
    ) -> None:
        app = self._apps[number % len(self._apps)]
        with self._session() as session:
            together.wait()
            time.sleep(script.delay * self._lasts)
            try:
                for operation in script.operations:
                    self._send(session, encounter, app, operation, etag)
            except Exception as error:  # noqa: BLE001  # WHY: it would be lost with its thread
                self._add_fault(f"{encounter.iupd}: the drill itself failed: {error!r}")

    def _send(
        self, session: requests.Session, encounter: Encounter, app: App, operation: Operation,
        etag: str,
    ) -> None:  # fmt: skip
        begun = time.monotonic()
        if isinstance(operation, Receive):
            taken = self._deliver(session, message(encounter.iupd, operation))
            self._record(encounter, operation, begun, OK if taken else None)
        elif isinstance(operation, Verify):
            answer = self._ask(session, app, operation)
            if answer is not None:
                self._record(encounter, operation, begun, answer)
        else:
            while not self._change(session, encounter, app, operation, etag):
                if self.over.wait(self._lasts):
                    return
                if time.monotonic() > begun + GIVE_UP_AFTER:
                    name = type(operation).__name__
                    self._add_fault(f"{encounter.iupd}: {name} has no answer in {GIVE_UP_AFTER} s")
                    return

    def _change(
        self, session: requests.Session, encounter: Encounter, app: App, change: Change, etag: str
    ) -> bool:
        """Send a change once, and return whether it has a definite answer."""
        call, begun = call_of(change, encounter.iupd), time.monotonic()
        headers = dict(self._headers)
        if getattr(change, "conditional", False):
            headers["If-Match"] = etag
        try:
            answer = session.request(
                call.method, f"{app.admin}{ORGANIZATION}{call.path}", json=call.body,
                headers=headers, timeout=PATIENCE,
            )  # fmt: skip
        except requests.RequestException as error:
            if "Errno 111" not in str(error):
                self._record(encounter, change, begun, None)
            return False
        if answer.status_code >= 500 or answer.status_code == 429:
            self._record(encounter, change, begun, None)
            return False
        outcome = str(answer.status_code)
        if isinstance(change, ChangeAccount) and outcome == DONE:
            outcome = f"{DONE} {answer.json()['updatedTransfers']}"
        self._record(encounter, change, begun, outcome)
        with self._lock:
            if outcome in (DONE, CREATED) and "ETag" in answer.headers:
                self.etags[encounter.iupd].append(answer.headers["ETag"])
            self._lasts += PACE * (min(time.monotonic() - begun, LONGEST) - self._lasts)
            self._lasts = max(self._lasts, SHORTEST)
        return True

    def _ask(self, session: requests.Session, app: App, question: Verify) -> str | None:
        """Return the cents or the fault code that a verify got, or None for a failure of ours."""
        content = soap_request("paVerifyPaymentNotice", claim() + qr(question.nav)).encode()
        try:
            answer = session.post(f"{app.node}/partner", content, headers=XML, timeout=PATIENCE)
        except requests.RequestException:
            return None
        if answer.status_code == 503 or "PAA_SYSTEM_ERROR" in answer.text:
            return None
        tag = "amount" if outcome_of(answer) == OK else "faultCode"
        before, _, rest = answer.text.partition(f"<{tag}>")
        text = rest.partition("<")[0]
        return text.replace(".", "") if tag == "amount" else text or before[:400]

    def _etag(self, encounter: Encounter, number: int) -> str:
        """Return the ETag of the beginning; the request is repeated until it is answered."""
        app = self._apps[number % len(self._apps)]
        url = f"{app.admin}{ORGANIZATION}/debtpositions/{encounter.iupd}"
        with self._session() as session:
            while not self.over.is_set():
                try:
                    answer = session.get(url, headers=self._headers, timeout=PATIENCE)
                except requests.RequestException:
                    answer = None
                if answer is not None and answer.status_code == 200:
                    self.etags[encounter.iupd].append(answer.headers["ETag"])
                    return answer.headers["ETag"]
                self.over.wait(self._lasts)
        return ""

    def _record(
        self, encounter: Encounter, operation: Operation, begun: float, outcome: str | None
    ) -> None:
        ended = math.inf if outcome is None else time.monotonic()
        with self._lock:
            self.records[encounter.iupd].append(Record(operation, begun, ended, outcome))

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        """Yield a session that no other thread uses now, with its connections kept alive."""
        try:
            session = self._sessions.get_nowait()
        except queue.Empty:
            session = self._connect()
        yield session
        self._sessions.put(session)

    def _add_fault(self, sentence: str) -> None:
        with self._lock:
            self.wrong.append(sentence)


def call_of(change: Change, iupd: str) -> Call:
    """Return a change as a request."""
    all_of_them = "/debtpositions"
    this = f"{all_of_them}/{iupd}"
    match change:
        case Replace(options):
            return Call("PUT", this, _body(iupd, options))
        case Create(options):
            return Call("POST", f"{all_of_them}?toPublish=true", _body(iupd, options))
        case Delete():
            return Call("DELETE", this)
        case ChangeAccount(old, new):
            return Call("PATCH", f"{all_of_them}/transfers?oldIban={old}", {"newIban": new})
        case PayElsewhere(nav):
            return Call("POST", f"/paymentoptions/paids/{nav}")
        case SetFee(nav, fee):
            path = f"/paymentoptions/{nav}/notificationfee"
            return Call("PUT", path, {"notificationFee": fee})
        case _:
            verb, content = TRANSITIONS[type(change)]
            return Call("POST", f"{this}/{verb}", content)


def _body(iupd: str, options: Sequence[Option]) -> dict[str, Any]:
    """Return the position as a back office sends it."""
    notices = [
        bodies.option(
            0, bodies.transfer(amount=option.amount, iban=option.iban), iuv=option.nav[1:],
            dueDate=DUE_DAY, isPartialPayment=option.plan == PLAN,
        )
        for option in options
    ]  # fmt: skip
    return bodies.body(*notices, iupd=iupd)
