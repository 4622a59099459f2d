"""Clients that verify a notice all the time, and the longest time without an OK."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import requests

from tests import world
from tests.messages.build import claim, qr, soap_request

#: SPEC: SANP "Livelli di servizio": the Node waits 7 s for the answer to a question.
PATIENCE = (2, 7)
PAUSE = 0.2
#: A verify of a notice that stays payable (tests/world.py, PAST-DUE-PAYABLE).
VERIFY = soap_request("paVerifyPaymentNotice", claim() + qr(world.nav(12))).encode()
XML = {"Content-Type": "text/xml"}
OK, SILENCE, UNAVAILABLE, SYSTEM_ERROR = "OK", "silence", "503", "PAA_SYSTEM_ERROR"


class Answer(NamedTuple):
    """An answer in one word, with its instant, its app, and the seconds that it took."""

    instant: float
    app: int
    what: str
    took: float = 0.0


def outcome_of(answer: requests.Response | None) -> str:
    """Return an answer in one word: one of those above, or its status or text."""
    if answer is None:
        return SILENCE
    if answer.status_code == 200 and b"<outcome>OK</outcome>" in answer.content:
        return OK
    if SYSTEM_ERROR.encode() in answer.content:
        return SYSTEM_ERROR
    return str(answer.status_code) if answer.status_code != 200 else answer.text[:400]


def gap(answers: Iterable[Answer], since: float, until: float) -> float:
    """Return the longest time without an OK, in seconds, among those that touch this interval."""
    instants = sorted(answer.instant for answer in answers if answer.what == OK)
    pairs = itertools.pairwise([*instants, max([until, *instants])])
    return max((b - a for a, b in pairs if b > since and a < until), default=until - since)


def during(answers: Iterable[Answer], since: float, until: float) -> Counter[str]:
    """Return the answers in this interval, counted."""
    return Counter(answer.what for answer in answers if since <= answer.instant <= until)


class Watch:
    """Threads that verify the same notice at each app, again and again."""

    def __init__(self, nodes: Sequence[str]) -> None:
        self.answers: list[Answer] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(number, node), daemon=True)
            for number, node in enumerate(nodes)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int, node: str) -> None:
        with requests.Session() as session:
            while not self._over.wait(PAUSE):
                begun, answer = time.monotonic(), None
                try:
                    answer = session.post(f"{node}/partner", VERIFY, headers=XML, timeout=PATIENCE)
                except requests.RequestException:
                    session.close()
                now = time.monotonic()
                self.answers.append(Answer(now, number, outcome_of(answer), now - begun))
