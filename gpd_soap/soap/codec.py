"""Elements to models, and models to text, compiled once from what the models say of themselves.

Spyne's own walks look every member's attributes up again for each message, eight times the work
of the rest; here each model is turned into a pair of closures when it is first used.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any

from lxml import etree
from spyne import Boolean, ByteArray, ComplexModel, Date, DateTime, Integer, Unicode

from gpd_soap.core import money, rome
from gpd_soap.soap import models

Read = Callable[[etree._Element], Any]
#: Takes a text piece by piece, as a list's `append` does.
Say = Callable[[str], object]
Write = Callable[[Say, Any], None]

#: What XML 1.0 has no place for, and what it has another spelling for.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


class Unreadable(ValueError):
    """A value that keeps to the contract and that Python cannot hold; the text is its element."""


class Unsayable(ValueError):
    """A value that no message can carry; the text is its element."""


def _boolean(text: str) -> bool:
    return text.strip() in ("true", "1")


def _date(value: date | datetime) -> str:
    return rome.to_wire_date(value) if isinstance(value, datetime) else value.isoformat()


def _bytes(text: str) -> bytes:
    # LIMIT: the validator passes stray characters in base64, and the decoder would drop them.
    return base64.b64decode("".join(text.split()), validate=True)


#: From and to the wire's text, for every simple type that the models use.
#: The order matters: Amount is an Integer.
SIMPLE: dict[Any, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    models.Amount: (money.from_wire, money.to_wire),
    Integer: (int, str),
    Boolean: (_boolean, lambda value: "true" if value else "false"),
    Date: (rome.parse_day, _date),
    DateTime: (rome.parse_instant, rome.to_wire_datetime),
    ByteArray: (_bytes, lambda value: base64.b64encode(value).decode()),
    Unicode: (str, str),
}


@cache
def reader(model: Any) -> Read:
    """How an element that keeps to the contract becomes a `model`.

    Unreadable where the contract allows what Python cannot hold, such as the year 12000.
    """
    members: dict[Any, tuple[str, bool, Read | None]] = {
        tag: (name, _is_many(kind), _reader_of(kind)) for name, tag, kind in members_of(model)
    }
    names = [name for name, _, _ in members.values()]

    def read(element: etree._Element) -> Any:
        values: dict[str, Any] = dict.fromkeys(names)
        for child in element:
            name, several, read_member = members[child.tag]
            value = (child.text or "") if read_member is None else read_member(child)
            if not several:
                values[name] = value
            elif values[name] is None:
                values[name] = [value]
            else:
                values[name].append(value)
        return model(**values)

    return read


@cache
def writer(model: Any) -> Callable[[Say, Any], None]:
    """How a `model` is told: its members as elements, piece by piece; absent ones are nothing.

    Unsayable for a text that no XML can carry, or an amount out of range.
    """
    members = [(name, tag, *_writers_of(kind, tag)) for name, tag, kind in members_of(model)]

    def write(say: Say, instance: Any) -> None:
        values = instance.__dict__
        for name, tag, tell, write_member in members:
            value = values.get(name)
            if value is None:
                continue
            if write_member is not None:
                write_member(say, value)
                continue
            # WHY: here, because a call for each text costs as much as the text.
            try:
                text = value if tell is None else tell(value)
            except ValueError as error:
                raise Unsayable(tag) from error
            if _SPECIAL.search(text):
                text = _escaped(text, tag)
            say(f"<{tag}>{text}</{tag}>")

    return write


def members_of(model: Any) -> Iterator[tuple[str, str, Any]]:
    """Each member's name here, its name on the wire, and its type, in the contract's order."""
    for name, kind in model.get_flat_type_info(model).items():
        yield name, kind.Attributes.sub_name or name, kind


def _is_many(kind: Any) -> bool:
    return bool(kind.Attributes.max_occurs > 1)


def _reader_of(kind: Any) -> Read | None:
    """How a member is read; None for one that is its text."""
    if issubclass(kind, ComplexModel):
        return reader(kind)
    take = _simple(kind)[0]
    return None if take is str else _value_reader(take)


def _value_reader(take: Callable[[str], Any]) -> Read:
    def read(element: etree._Element) -> Any:
        try:
            return take(element.text or "")
        except (ValueError, OverflowError) as error:
            raise Unreadable(etree.QName(element).localname) from error

    return read


def _writers_of(kind: Any, tag: str) -> tuple[Callable[[Any], str] | None, Write | None]:
    """How a member's value becomes text, None for one that is; or how the member is written."""
    if not issubclass(kind, ComplexModel):
        assert not _is_many(kind)
        take, tell = _simple(kind)
        return (None if take is str else tell), None
    return None, (_many_writer if _is_many(kind) else _complex_writer)(kind, tag)


def _many_writer(kind: Any, tag: str) -> Write:
    write = _complex_writer(kind, tag)

    def write_all(say: Say, values: list[Any]) -> None:
        for value in values:
            write(say, value)

    return write_all


def _complex_writer(kind: Any, tag: str) -> Write:
    write_members, begin, end = writer(kind), f"<{tag}>", f"</{tag}>"

    def write(say: Say, value: Any) -> None:
        say(begin)
        write_members(say, value)
        say(end)

    return write


def _escaped(text: str, tag: str) -> str:
    if _IMPOSSIBLE.search(text):
        raise Unsayable(tag)
    return text.translate(_ESCAPES)


def _simple(kind: Any) -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    return next(pair for base, pair in SIMPLE.items() if issubclass(kind, base))
