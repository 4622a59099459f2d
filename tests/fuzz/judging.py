"""What must be true of the answer to any bytes at all, and of what is left in the log."""

import io
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import gpd_soap
from gpd_soap.soap import codec
from gpd_soap.soap.envelope import NotSoap, open_envelope
from gpd_soap.soap.node_rules import broken_rule
from gpd_soap.soap.service import PaForNode
from gpd_soap.wsgi.http import Wsgi
from tests.calling import CONTRACT, Answered, call
from tests.fuzz.mutating import transport

STATUSES = {200, 400, 405, 413, 415, 500, 503}
#: Failures that the world is made to have: positions and a service that nobody could answer with.
FORESEEN = {"BrokenAnswer", "Unsayable", "UnknownKind"}

WORD = re.compile(r"\w{6,}")
#: An organization's code may be told, whosever it is.
CODE = re.compile(r"[0-9]{11}")

MODELS = {
    operation.response: descriptor.out_message
    for operation in CONTRACT.operations.values()
    for name, descriptor in PaForNode.public_methods.items()
    if name == operation.name
}


class Finding(AssertionError):
    """What a face did that it must not do; the text is for whoever mends it."""


class AnswerJudge:
    """Asks a face, and holds what comes back and what is logged against the rules."""

    def __init__(self, face: Wsgi, log_text: io.StringIO) -> None:
        """`log` is where the process' log goes, at its most talkative."""
        self._face, self._log_text = face, log_text
        self._ours = frozenset(_words_of_ours())

    def ask(self, message: bytes) -> object:
        """The shape of the answer: two answers of one shape tell nothing new.

        Finding for an answer, or a log, that may not be.
        """
        answered = self._answered(message)
        if answered.status not in STATUSES:
            raise Finding(f"status {answered.status}")
        self._hold_log(message)
        if answered.status == 200:
            _hold_answer(answered)
        return answered.status, re.sub(rb"[0-9]+", b"", answered.body)

    def _answered(self, message: bytes) -> Answered:
        try:
            return call(self._face, "POST", "/partner", message, **transport(message))
        except Exception as error:
            raise Finding(f"{type(error).__name__} came out of the face") from error

    def _hold_log(self, message: bytes) -> None:
        lines = self._log_text.getvalue()
        self._log_text.seek(0)
        self._log_text.truncate()
        words = {word for word in WORD.findall(lines) if not CODE.fullmatch(word)}
        text = message.replace(b"\0", b"").decode("utf-8", "replace")
        leaked = (words & set(WORD.findall(text))) - self._ours
        if leaked:
            raise Finding(f"the log repeats what was sent: {sorted(leaked)}")
        for line in lines.splitlines():
            failure = json.loads(line).get("exception")
            if failure and failure not in FORESEEN:
                raise Finding(f"a failure of ours: {line}")


def _hold_answer(answered: Answered) -> None:
    """By the contract it was held in `call`; here by the Node's own rules."""
    payload = open_envelope(answered.body)
    assert not isinstance(payload, NotSoap)
    model: Any = codec.reader(MODELS[str(payload.tag)])(payload)
    broken = broken_rule(model)
    if broken:
        raise Finding(f"the Node would not take the answer: {broken}")


def _words_of_ours() -> Iterator[str]:
    """The words that stand in our own source, which a log may say whatever was sent."""
    assert gpd_soap.__file__
    for module in Path(gpd_soap.__file__).parent.rglob("*.py"):
        if module.name != "demo.py":
            yield from WORD.findall(module.read_text(encoding="utf-8"))


def resetting(template: str, database: str) -> Callable[[], None]:
    """What brings a database back to what the template is, under whoever has it open."""

    def reset() -> None:
        with closing(sqlite3.connect(template)) as whole, closing(sqlite3.connect(database)) as now:
            whole.backup(now)

    return reset
