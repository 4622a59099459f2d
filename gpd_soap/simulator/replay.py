"""Posts captured requests again unchanged, and compares the answers with those on file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from gpd_soap.contract.parsing import parse
from gpd_soap.contract.schema import Operation, Schema
from gpd_soap.simulator import report
from gpd_soap.simulator.caller import Caller
from gpd_soap.simulator.judging import FAULT, NoReply, Reply, Verdict, fault_of, judge_reply
from gpd_soap.simulator.request import Unusable
from gpd_soap.soap.envelope import ENVELOPE, NotSoap, open_envelope

ASK, ANSWER = "ask.xml", "answer.xml"


class Case(NamedTuple):
    """A request on file, and the file of its expected answer, if any."""

    ask: Path
    answer: Path | None


class Difference(NamedTuple):
    """The first difference of two messages; the two values may be personal data."""

    path: str
    how: str
    expected: str = ""
    actual: str = ""


class Replayed(NamedTuple):
    """One replayed case; `same` is None if no answer is on file and the Node accepts the reply."""

    case: Case
    same: bool | None
    says: str
    sent: bytes
    reply: Reply | None
    difference: Difference | None = None


def cases(paths: Iterable[Path]) -> list[Case]:
    """Return the cases of these files and folders.  Raises Unusable if there is none."""
    collected = [_case(file) for path in paths for file in _files(path)]
    if not collected:
        raise Unusable("no request among these files, and no .xml file below these folders")
    return collected


def replay(caller: Caller, case: Case) -> Replayed:
    """Post a request unchanged, and compare the reply with the answer on file."""
    raw = _read(case.ask)
    operation = operation_of(caller.schema, raw)
    expected = None if case.answer is None else _read(case.answer)
    reply, seconds = caller.forward(raw, operation)
    if isinstance(reply, NoReply):
        return Replayed(case, False, f"{reply.verdict.value}: {reply.reason}", raw, None)
    if expected is not None:
        difference = compare(expected, reply)
        says = f"{difference.path}: {difference.how}" if difference else ""
        return Replayed(case, difference is None, says, raw, reply, difference)
    if operation is None:
        return Replayed(case, None, _plain(reply), raw, reply)
    judged = judge_reply(caller.schema, operation, raw, reply, seconds)
    same = None if judged.verdict in (Verdict.OK, Verdict.REFUSED) else False
    return Replayed(case, same, report.line(judged), raw, reply)


def operation_of(schema: Schema, raw: bytes) -> Operation | None:
    """Return the operation that the root of a payload names, or None if the contract has none."""
    payload = open_envelope(raw)
    if isinstance(payload, NotSoap):
        return None
    return schema.operations.get(str(payload.tag))


def compare(expected: bytes, reply: Reply) -> Difference | None:
    """Return the first difference between an answer on file and a reply, or None.

    Prefixes, indentation and the envelope are ignored.
    """
    on_file, actual = _payload(expected, None), _payload(reply.body, reply.charset)
    if on_file is None:
        return Difference("/", "the answer on file is not well-formed XML")
    if actual is None:
        return Difference("/", f"the answer is not well-formed XML (HTTP {reply.status})")
    first = difference(on_file, actual)
    if first is None and on_file.tag != FAULT and not reply.is_success:
        return Difference("/", f"the right answer with HTTP {reply.status}")
    return first


def difference(expected: etree._Element, actual: etree._Element) -> Difference | None:
    """Return the first difference of two elements in document order, by names and leaves' text."""
    if expected.tag != actual.tag:
        path = f"/{_name(expected)}"
        return Difference(path, "another element", str(expected.tag), str(actual.tag))
    return _within(expected, actual, f"/{_name(expected)}")


def summary(results: Iterable[Replayed]) -> str:
    """Return the numbers of equal, different and uncompared answers, in one line."""
    counts = Counter(each.same for each in results)
    return f"{counts[True]} OK, {counts[False]} FAIL, {counts[None]} without an answer on file"


def line(replayed: Replayed, *, values: bool = False) -> str:
    """Return one line on a case; with `values` it has the two values that differ."""
    word = {True: "OK  ", False: "FAIL", None: "--  "}[replayed.same]
    first = replayed.difference
    shown = ""
    if values and first is not None and (first.expected or first.actual):
        shown = f" (expected {first.expected!r}, found {first.actual!r})"
    return report.one_line(f"{word}  {replayed.case.ask}  {replayed.says}{shown}".rstrip())


def _files(path: Path) -> Iterator[Path]:
    files = sorted(path.rglob("*.xml")) if path.is_dir() else [path]
    for file in files:
        if file.name != ANSWER and not file.name.endswith(f".{ANSWER}"):
            yield file


def _case(ask: Path) -> Case:
    name = ANSWER if ask.name == ASK else f"{ask.stem}.{ANSWER}"
    answer = ask.with_name(name)
    return Case(ask, answer if answer.is_file() else None)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None


def _plain(reply: Reply) -> str:
    """Return a description of the reply to a request that is not of the contract."""
    payload = open_envelope(reply.body, reply.charset)
    if isinstance(payload, NotSoap):
        return f"HTTP {reply.status}"
    return f"HTTP {reply.status}, {fault_of(payload) or _name(payload)}"


def _payload(raw: bytes, charset: str | None) -> etree._Element | None:
    """Return the payload of a message, or the root of a document without an envelope."""
    root = parse(raw, charset)
    if root is None or root.tag != ENVELOPE:
        return root
    payload = open_envelope(raw, charset)
    return root if isinstance(payload, NotSoap) else payload


def _within(expected: etree._Element, actual: etree._Element, path: str) -> Difference | None:
    """Return the first difference below two elements of the same name, or None."""
    if not len(expected) and not len(actual):
        return _text(expected.text or "", actual.text or "", path)
    siblings = Counter(child.tag for child in expected)
    seen: Counter[object] = Counter()
    for child, other in zip_longest(expected, actual):
        if child is None:
            return Difference(f"{path}/{_name(other)}", "not expected", actual=str(other.tag))
        seen[child.tag] += 1
        index = f"[{seen[child.tag]}]" if siblings[child.tag] > 1 else ""
        child_path = f"{path}/{_name(child)}{index}"
        if other is None:
            return Difference(child_path, "missing", expected=str(child.tag))
        if child.tag != other.tag:
            return Difference(child_path, "another element", str(child.tag), str(other.tag))
        first = _within(child, other, child_path)
        if first is not None:
            return first
    return None


def _text(expected: str, actual: str, path: str) -> Difference | None:
    return None if expected == actual else Difference(path, "another text", expected, actual)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname
