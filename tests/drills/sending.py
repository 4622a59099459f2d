"""The clients of a drill: the Node, which repeats a receipt until it is OK, and the back office."""

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

import requests

from tests import world
from tests.drills import stories
from tests.drills.apps import App
from tests.drills.encounters import Encounter
from tests.drills.judge import Deliveries
from tests.drills.meeting import Meetings
from tests.drills.stories import Errand, Message
from tests.drills.watching import OK, UNAVAILABLE, XML, Answer, outcome_of

#: Seconds for a connection, and for the answer to a receipt, which the Node awaits for 15 s
#: (SANP "Livelli di servizio").
PATIENCE = (2, 15)
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0
#: The status for a key that has enough requests under way.
TOO_MANY = 429
POSITIONS = f"/organizations/{world.ORGANIZATION}/debtpositions?toPublish=true"
#: The faults that a question may get; after an OK to its receipt a notice is not payable.
REFUSALS = {b"PAA_PAGAMENTO_DUPLICATO", b"PAA_PAGAMENTO_SCONOSCIUTO", b"PAA_SYSTEM_ERROR"}


Step = Message | Errand | Encounter


class Senders:
    """Threads that take steps in turn; a step is done when it has its final answer."""

    def __init__(
        self,
        apps: Sequence[App],
        key: str,
        steps: Sequence[Step],
        seed: int,
        connect: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        """`connect` makes a session for each thread, with the certificate that it may need."""
        self._apps, self._key = apps, {"X-Api-Key": key}
        self._seed, self._connect = seed, connect
        self.meetings = Meetings(apps, self._key, connect, self._deliver)
        self._steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
        for step in steps:
            self._steps.put(step)
        self._allowed = threading.Semaphore(0)
        self._lock = threading.Lock()
        self.deliveries = Deliveries(Counter(), Counter())
        self.wrong: list[str] = []
        #: The answers to receipts alone.
        self.answers: list[Answer] = []
        self.done = self.again = self.questions = self.silent = 0
        #: The slowest answer to a question, in seconds.
        self.slowest = 0.0
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, width: int) -> None:
        """Start this many threads; each waits until steps are allowed."""
        for number in range(width):
            chance = random.Random(f"{self._seed}-{number}")
            thread = threading.Thread(target=self._run, args=(chance,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def allow(self, steps: int) -> None:
        """Allow this many more steps."""
        self._allowed.release(steps)

    def finish(self, deadline: float) -> bool:
        """Wait for every step, until the deadline, and return whether all are done."""
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """Give up the steps that are not done."""
        self._over.set()
        self.meetings.over.set()

    def _run(self, chance: random.Random) -> None:
        with self._connect() as session:
            while not self._over.is_set():
                self._allowed.acquire()
                try:
                    step = self._steps.get_nowait()
                except queue.Empty:
                    return
                try:
                    self._take(session, step, chance)
                except Exception as error:  # noqa: BLE001  # WHY: a thread that dies hangs the drill
                    self._add_fault(f"the drill itself failed: {error!r}")

    def _take(self, session: requests.Session, step: Step, chance: random.Random) -> None:
        if isinstance(step, Encounter):
            self.meetings.hold(step, chance.randrange(len(self._apps)))
        elif isinstance(step, Errand):
            self._until_done(lambda: self._create(session, step, chance), chance)
        else:
            if chance.random() < 0.3:
                self._ask(session, step, chance)
            self._until_done(lambda: self._send(session, step, chance), chance)
        with self._lock:
            self.done += 1

    def _deliver(self, session: requests.Session, message: Message) -> bool:
        """Send a receipt of an encounter until it is answered OK; return whether it was."""
        chance = random.Random(message.receipt_id)
        self._until_done(lambda: self._send(session, message, chance), chance)
        return self.deliveries.taken[message.raw] > 0

    def _until_done(self, attempt: Callable[[], bool], chance: random.Random) -> None:
        """Repeat with growing pauses, as the Node does, in seconds instead of hours."""
        pause = FIRST_PAUSE
        while not attempt() and not self._over.is_set():
            with self._lock:
                self.again += 1
            time.sleep(pause * (0.5 + chance.random()))
            pause = min(2 * pause, LONGEST_PAUSE)

    def _send(self, session: requests.Session, message: Message, chance: random.Random) -> bool:
        with self._lock:
            self.deliveries.sent[message.raw] += 1
        app, begun = chance.randrange(len(self._apps)), time.monotonic()
        answer = self._post(session, f"{self._apps[app].node}/partner", message.raw)
        outcome, now = outcome_of(answer), time.monotonic()
        with self._lock:
            self.answers.append(Answer(now, app, outcome, now - begun))
            self.deliveries.taken[message.raw] += outcome == OK
        if answer is None or outcome == UNAVAILABLE:
            return False
        if outcome != OK:
            # WHY: any other answer would end the delivery of the receipt.
            self._add_fault(f"receipt {message.receipt_id}: {described(answer)}")
        return True

    def _ask(self, session: requests.Session, about: Message, chance: random.Random) -> None:
        with self._lock:
            self.questions += 1
            taken = self.deliveries.taken[about.raw]
        question, begun = stories.question(about.nav, chance), time.monotonic()
        answer = self._post(session, f"{chance.choice(self._apps).node}/partner", question)
        with self._lock:
            self.slowest = max(self.slowest, time.monotonic() - begun)
        if answer is None or answer.status_code == 503:
            return
        refused = any(b"<faultCode>%s<" % code in answer.content for code in REFUSALS)
        payable = b"<outcome>OK</outcome>" in answer.content
        if answer.status_code != 200 or not (refused or payable):
            self._add_fault(f"a question about {about.nav}: {described(answer)}")
        if payable and taken:
            self._add_fault(f"{about.nav} was payable after its receipt was answered OK")

    def _create(self, session: requests.Session, errand: Errand, chance: random.Random) -> bool:
        url = f"{chance.choice(self._apps).admin}{POSITIONS}"
        try:
            answer = session.post(url, json=errand.body, headers=self._key, timeout=PATIENCE)
        except requests.RequestException:
            return False
        if answer.status_code >= 500 or answer.status_code == TOO_MANY:
            return False
        # WHY: a position whose answer was lost exists already.
        if answer.status_code not in (201, 409):
            self._add_fault(f"position {errand.iupd}: {described(answer)}")
        return True

    def _post(
        self, session: requests.Session, url: str, content: bytes
    ) -> requests.Response | None:
        try:
            return session.post(url, content, headers=XML, timeout=PATIENCE)
        except requests.RequestException:
            with self._lock:
                self.silent += 1
            return None

    def _add_fault(self, sentence: str) -> None:
        with self._lock:
            self.wrong.append(sentence)


def described(answer: requests.Response) -> str:
    """Return an answer in a few words."""
    return f"HTTP {answer.status_code}, {answer.text[:400]}"
