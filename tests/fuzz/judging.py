"""Rules for the answer to any bytes, and for the log after it."""

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
from tests.calling import CONTRACT, Response, call
from tests.fuzz.mutating import transport

STATUSES = {200, 400, 405, 413, 415, 500, 503}
#: Failures that the world has on purpose: positions and a service that have no valid answer.
FORESEEN = {"BrokenAnswer", "NotSerializable", "UnknownKind"}

WORD = re.compile(r"\w{6,}")
#: The code of any organization may be in the log.
CODE = re.compile(r"[0-9]{11}")

MODELS = {
    operation.response: descriptor.out_message
    for operation in CONTRACT.operations.values()
    for name, descriptor in PaForNode.public_methods.items()
    if name == operation.name
}


class Finding(AssertionError):
    """A face broke a rule; the text is for whoever mends the face."""


class AnswerJudge:
    """Sends messages to a face, and checks the answers and the log against the rules."""

    def __init__(self, face: Wsgi, log_text: io.StringIO) -> None:
        """`log_text` receives the process' log, at its lowest level."""
        self._face, self._log_text = face, log_text
        self._ours = frozenset(_words_of_ours())

    def ask(self, message: bytes) -> object:
        """Return the shape of the answer: two answers of one shape say nothing new.

        Finding for an answer, or a log, that may not be.
        """
        answered = self._answered(message)
        if answered.status not in STATUSES:
            raise Finding(f"status {answered.status}")
        self._check_log(message)
        if answered.status == 200:
            _check_answer(answered)
        return answered.status, re.sub(rb"[0-9]+", b"", answered.body)

    def _answered(self, message: bytes) -> Response:
        try:
            return call(self._face, "POST", "/partner", message, **transport(message))
        except Exception as error:
            raise Finding(f"{type(error).__name__} came out of the face") from error

    def _check_log(self, message: bytes) -> None:
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


def _check_answer(answered: Response) -> None:
    """Check an answer by the Node's own rules; `call` has checked the contract."""
    payload = open_envelope(answered.body)
    assert not isinstance(payload, NotSoap)
    model: Any = codec.reader(MODELS[str(payload.tag)])(payload)
    broken = broken_rule(model)
    if broken:
        raise Finding(f"the Node would not take the answer: {broken}")


def _words_of_ours() -> Iterator[str]:
    """Yield the words of our own source: a log may contain them whatever was sent."""
    assert gpd_soap.__file__
    for module in Path(gpd_soap.__file__).parent.rglob("*.py"):
        if "demo" not in module.parts:
            yield from WORD.findall(module.read_text(encoding="utf-8"))


def resetting(template: str, database: str) -> Callable[[], None]:
    """Return a function that copies the template into an open database."""

    def reset() -> None:
        with (
            closing(sqlite3.connect(template)) as source,
            closing(sqlite3.connect(database)) as now,
        ):
            source.backup(now)

    return reset
