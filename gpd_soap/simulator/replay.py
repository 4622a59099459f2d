"""Captured requests, posted again byte for byte; their answers compared with those on file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from gpd_soap.contract.parsing import parse
from gpd_soap.contract.schema import Operation, Schema
from gpd_soap.simulator import report as tell
from gpd_soap.simulator.caller import Caller
from gpd_soap.simulator.judging import FAULT, NoReply, Reply, Verdict, fault_of, heard
from gpd_soap.simulator.request import Unusable
from gpd_soap.soap.envelope import ENVELOPE, NotSoap, open_envelope

ASK, ANSWER = "ask.xml", "answer.xml"


class Case(NamedTuple):
    """A request on file, and the answer it must get where there is one."""

    ask: Path
    answer: Path | None


class Difference(NamedTuple):
    """Where two messages part: the path, how, and the two values, which may be personal."""

    path: str
    how: str
    expected: str = ""
    found: str = ""


class Replayed(NamedTuple):
    """One case replayed; `same` is None where there is no answer on file and nothing is wrong."""

    case: Case
    same: bool | None
    says: str
    sent: bytes
    reply: Reply | None
    difference: Difference | None = None


def cases(paths: Iterable[Path]) -> list[Case]:
    """The cases that these files and folders name; Unusable where there is none."""
    found = [_case(file) for path in paths for file in _files(path)]
    if not found:
        raise Unusable(f"no request among these files, and no {ASK} below these folders")
    return found


def replay(caller: Caller, case: Case) -> Replayed:
    """Post a request as it is, and compare what comes back with the answer on file."""
    raw = _read(case.ask)
    operation = asked(caller.schema, raw)
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
    judged = heard(caller.schema, operation, raw, reply, seconds)
    same = None if judged.verdict in (Verdict.OK, Verdict.REFUSED) else False
    return Replayed(case, same, tell.line(judged), raw, reply)


def asked(schema: Schema, raw: bytes) -> Operation | None:
    """What a request asks by its payload's root; None where it asks nothing of the contract."""
    payload = open_envelope(raw)
    if isinstance(payload, NotSoap):
        return None
    return schema.operations.get(str(payload.tag))


def compare(expected: bytes, reply: Reply) -> Difference | None:
    """The first difference between an answer on file and the one that came; None for none.

    Prefixes, indentation and the envelope do not count.
    """
    awaited, found = _payload(expected, None), _payload(reply.body, reply.charset)
    if awaited is None:
        return Difference("/", "the answer on file is not well-formed XML")
    if found is None:
        return Difference("/", f"the answer is not well-formed XML (HTTP {reply.status})")
    apart = difference(awaited, found)
    if apart is None and awaited.tag != FAULT and not reply.is_success:
        return Difference("/", f"the right answer with HTTP {reply.status}")
    return apart


def difference(expected: etree._Element, found: etree._Element) -> Difference | None:
    """The first difference of two elements in document order, by names and by leaves' text."""
    if expected.tag != found.tag:
        here = f"/{_name(expected)}"
        return Difference(here, "another element", str(expected.tag), str(found.tag))
    return _within(expected, found, f"/{_name(expected)}")


def summary(results: Iterable[Replayed]) -> str:
    """How many of each, in one line."""
    many = Counter(each.same for each in results)
    return f"{many[True]} OK, {many[False]} FAIL, {many[None]} without an answer on file"


def line(replayed: Replayed, *, values: bool = False) -> str:
    """One line for a case; `values` shows what the two messages say where they part."""
    word = {True: "OK  ", False: "FAIL", None: "--  "}[replayed.same]
    apart = replayed.difference
    shown = ""
    if values and apart is not None and (apart.expected or apart.found):
        shown = f" (expected {apart.expected!r}, found {apart.found!r})"
    return tell.one_line(f"{word}  {replayed.case.ask}  {replayed.says}{shown}".rstrip())


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(path.rglob(ASK))
    elif path.name != ANSWER and not path.name.endswith(f".{ANSWER}"):
        yield path


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
    """What came back for something that the contract has no answer to."""
    payload = open_envelope(reply.body, reply.charset)
    if isinstance(payload, NotSoap):
        return f"HTTP {reply.status}"
    return f"HTTP {reply.status}, {fault_of(payload) or _name(payload)}"


def _payload(raw: bytes, charset: str | None) -> etree._Element | None:
    """The payload of a message, or the root of what is in no envelope."""
    root = parse(raw, charset)
    if root is None or root.tag != ENVELOPE:
        return root
    payload = open_envelope(raw, charset)
    return root if isinstance(payload, NotSoap) else payload


def _within(expected: etree._Element, found: etree._Element, path: str) -> Difference | None:
    if not len(expected) and not len(found):
        return _text(expected.text or "", found.text or "", path)
    several = Counter(child.tag for child in expected)
    seen: Counter[object] = Counter()
    for awaited, came in zip_longest(expected, found):
        if awaited is None:
            return Difference(f"{path}/{_name(came)}", "not expected", found=str(came.tag))
        seen[awaited.tag] += 1
        index = f"[{seen[awaited.tag]}]" if several[awaited.tag] > 1 else ""
        here = f"{path}/{_name(awaited)}{index}"
        if came is None:
            return Difference(here, "missing", expected=str(awaited.tag))
        if awaited.tag != came.tag:
            return Difference(here, "another element", str(awaited.tag), str(came.tag))
        apart = _within(awaited, came, here)
        if apart is not None:
            return apart
    return None


def _text(expected: str, found: str, path: str) -> Difference | None:
    return None if expected == found else Difference(path, "another text", expected, found)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname
