"""Elements to models, and models to text, compiled once from what the models say of themselves.

Spyne's own walks look every member's attributes up again for each message, eight times the work
of the rest; here each model is turned into a pair of functions when it is first used.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any, Protocol, cast

from lxml import etree
from spyne import Boolean, ByteArray, ComplexModel, Date, DateTime, Integer, Unicode

from gpd_soap.core import money, rome
from gpd_soap.soap import models

#: Takes a text piece by piece, as a list's `append` does.
Say = Callable[[str], object]
Write = Callable[[Any], str]

#: What stands around names and texts where content is told.
#: WHY: XML text cannot contain these control characters, so no value can imitate structure.
BEGIN, TEXT, END = "\x1e", "\x1f", "\x1d"

#: What XML 1.0 has no place for, and what it has another spelling for.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


class Read(Protocol):
    """Makes a model of an element; see `reader`."""

    def __call__(self, element: etree._Element, say: Say | None = None) -> Any:
        """Read, and tell the content where somebody listens."""


class NotParsable(ValueError):
    """A value that keeps to the contract and that Python cannot hold; the text is its element."""


class NotSerializable(ValueError):
    """A value that no message can carry; the text is its element."""


def _boolean(text: str) -> bool:
    return text.strip() in ("true", "1")


def _true_or_false(value: object) -> str:
    return "true" if value else "false"


def _date(value: date | datetime) -> str:
    return rome.to_wire_date(value) if isinstance(value, datetime) else value.isoformat()


def _bytes(text: str) -> bytes:
    # LIMIT: the validator passes stray characters in base64, and the decoder would drop them.
    return base64.b64decode("".join(text.split()), validate=True)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


#: From and to the wire's text, for every simple type that the models use.
#: The order matters: Amount is an Integer.
SIMPLE: dict[Any, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    models.Amount: (money.from_wire, money.to_wire),
    Integer: (int, str),
    Boolean: (_boolean, _true_or_false),
    Date: (rome.parse_day, _date),
    DateTime: (rome.parse_instant, rome.to_wire_datetime),
    ByteArray: (_bytes, _base64),
    Unicode: (str, str),
}


@cache
def reader(model: Any) -> Read:
    """How an element that keeps to the contract becomes a `model`.

    `say` takes the content on the way, piece by piece: the names of the elements and the texts of
    leaves, in the order of the document.  Unreadable where the contract allows what Python cannot
    hold, such as the year 12000.
    """
    members = list(members_of(model))
    known: dict[str, Any] = {
        "new": model.__new__,
        "model": model,
        "nothing": dict.fromkeys(name for name, _, _ in members),
        "Unreadable": NotParsable,
    }
    lines = [
        "def read(element, say=None):",
        " values = nothing.copy()",
        f" if say is not None: say(f'{BEGIN}{{element.tag}}{TEXT}')",
        " for child in element:",
        "  tag = child.tag",
        *(line for at, member in enumerate(members) for line in _reading(at, *member, known)),
        "  else: raise KeyError(tag)",
        f" if say is not None: say('{END}')",
        " made = new(model)",
        # WHY: what the constructor does, without a call for each of a receipt's two dozen models.
        " made.__dict__ = values",
        " return made",
    ]
    return cast("Read", _function("read", model, lines, known))


def _reading(at: int, name: str, tag: str, kind: Any, known: dict[str, Any]) -> Iterator[str]:
    """The lines that take a child, if it is this member; what they need is in `known`."""
    yield f"  {'elif' if at else 'if'} tag == {tag!r}:"
    if issubclass(kind, ComplexModel):
        known[f"read_{at}"] = reader(kind)
        before = f"*(values[{name!r}] or ()), "
        taken = f"read_{at}(child, say)"
        yield f"   values[{name!r}] = {f'[{before}{taken}]' if _is_many(kind) else taken}"
        return
    assert not _is_many(kind)
    take = known[f"take_{at}"] = _simple(kind)[0]
    yield "   text = child.text or ''"
    if take is str:
        yield f"   values[{name!r}] = text"
    else:
        yield f"   try: values[{name!r}] = take_{at}(text)"
        yield "   except (ValueError, OverflowError) as error: raise Unreadable(tag) from error"
    yield f"   if say is not None: say(f'{BEGIN}{tag}{TEXT}{{text}}{END}')"


@cache
def writer(model: Any) -> Write:
    """How a `model` becomes text: its members as elements; absent ones are nothing.

    Unsayable for a text that no XML can carry, or an amount out of range.
    """
    known = {"joined": _joined, "Unsayable": NotSerializable}
    lines = [
        "def write(instance):",
        " said = []",
        *_lines(model, "instance", 1, known),
        " return joined(said)",
    ]
    return cast("Write", _function("write", model, lines, known))


def _lines(model: Any, instance: str, depth: int, known: dict[str, Any]) -> Iterator[str]:
    """The lines that tell what the variable `instance` holds; what they need is in `known`.

    They tell it in threes, as `_joined` takes it: markup, a text or nothing, markup or nothing.
    """
    pad, get, value = " " * depth, f"get_{depth}", f"value_{depth}"
    yield f"{pad}{get} = {instance}.__dict__.get"
    for name, tag, kind in members_of(model):
        yield f"{pad}{value} = {get}({name!r})"
        yield f"{pad}if {value} is not None:"
        if not issubclass(kind, ComplexModel):
            yield from _text_lines(kind, tag, value, depth + 1, known)
        elif _is_many(kind):
            yield f"{pad} for each_{depth} in {value}:"
            yield from _element_lines(kind, tag, f"each_{depth}", depth + 2, known)
        else:
            yield from _element_lines(kind, tag, value, depth + 1, known)


def _element_lines(
    kind: Any, tag: str, instance: str, depth: int, known: dict[str, Any]
) -> Iterator[str]:
    pad = " " * depth
    yield f"{pad}said += '<{tag}>', '', ''"
    yield from _lines(kind, instance, depth, known)
    yield f"{pad}said += '</{tag}>', '', ''"


def _text_lines(
    kind: Any, tag: str, value: str, depth: int, known: dict[str, Any]
) -> Iterator[str]:
    assert not _is_many(kind)
    pad, (take, tell) = " " * depth, _simple(kind)
    if take is not str:
        known[tell.__name__] = tell
        yield f"{pad}try: {value} = {tell.__name__}({value})"
        yield f"{pad}except ValueError as error: raise Unsayable({tag!r}) from error"
    yield f"{pad}said += '<{tag}>', {value}, '</{tag}>'"


def _function(name: str, model: Any, lines: list[str], known: dict[str, Any]) -> Any:
    """A function of this name out of its lines, which a traceback places in this file.

    WHY: as dataclasses make their methods; a loop over the members takes up to three times as long.
    """
    made: dict[str, Any] = {}
    code = compile("\n".join(lines), f"{__file__}:{model.__name__}", "exec")
    exec(code, known, made)  # noqa: S102  # every word of it is from our own models
    return made[name]


def members_of(model: Any) -> Iterator[tuple[str, str, Any]]:
    """Each member's name here, its name on the wire, and its type, in the contract's order."""
    for name, kind in model.get_flat_type_info(model).items():
        yield name, kind.Attributes.sub_name or name, kind


def _is_many(kind: Any) -> bool:
    return bool(kind.Attributes.max_occurs > 1)


def _joined(said: list[str]) -> str:
    """What was said in threes, as one text, with what must be spelled otherwise."""
    # WHY: few messages have anything special in them, and one look for it is enough.
    if _SPECIAL.search("".join(said[1::3])):
        for at in range(1, len(said), 3):
            said[at] = _escaped(said[at], said[at - 1])
    return "".join(said)


def _escaped(text: str, markup: str) -> str:
    if _IMPOSSIBLE.search(text):
        raise NotSerializable(markup.strip("<>"))
    return text.translate(_ESCAPES)


def _simple(kind: Any) -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    return next(pair for base, pair in SIMPLE.items() if issubclass(kind, base))
