"""Converts elements to models and models to text, by functions compiled once for each model.

WHY: Spyne looks up the attributes of every member for each message, which takes eight times as
long as the rest.  Here each model becomes a pair of functions when it is first used.
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
from gpd_soap.core.content import BEGIN, END, TEXT
from gpd_soap.soap import models

#: Receives a text piece by piece, such as a list's `append`.
Emit = Callable[[str], object]
Write = Callable[[Any], str]

#: Characters that XML 1.0 does not allow, and characters that it escapes.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
_XML_SPACE = " \t\r\n"
_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


class Read(Protocol):
    """Converts an element to a model; see `reader`."""

    def __call__(
        self, element: etree._Element, emit: Emit | None = None, unreadable: Emit | None = None
    ) -> Any:
        """Return the model; pass the content and the names of unreadable dates, where given."""


class NotParsable(ValueError):
    """A value that the contract allows and Python cannot hold; the text names its element."""


class NotSerializable(ValueError):
    """A value that no message can carry; the text names its element."""


def _boolean(text: str) -> bool:
    return text.strip() in ("true", "1")


def _integer(text: str) -> int:
    # WHY: Python refuses to read thousands of digits, and the schema allows any number of zeros.
    digits = text.strip(_XML_SPACE)
    sign, digits = ("-", digits[1:]) if digits[:1] == "-" else ("", digits.removeprefix("+"))
    return int(sign + (digits.lstrip("0") or "0"))


def _true_or_false(value: object) -> str:
    return "true" if value else "false"


def _date(value: date | datetime) -> str:
    return rome.to_wire_date(value) if isinstance(value, datetime) else value.isoformat()


def _bytes(text: str) -> bytes:
    # WHY: the validator accepts stray characters in base64, and a lenient decoder drops them.
    return base64.b64decode("".join(text.split()), validate=True)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


#: The functions from and to the text on the wire, for every simple type of the models.
#: WHY: Amount is an Integer, so it must come first.
SIMPLE: dict[Any, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    models.Amount: (money.from_wire, money.to_wire),
    Integer: (_integer, str),
    Boolean: (_boolean, _true_or_false),
    Date: (rome.parse_day, _date),
    DateTime: (rome.parse_instant, rome.to_wire_datetime),
    ByteArray: (_bytes, _base64),
    Unicode: (str, str),
}


@cache
def reader(model: Any) -> Read:
    """Return the function that converts a valid element to a `model`.

    The function passes the content to its `emit`: the names of elements and the texts of leaves, in
    document order.  The model lacks a date that the contract allows and Python cannot hold, such as
    one of the year 12000.  The name of its element is passed to `unreadable`.  Without
    `unreadable`, and for any other value that cannot be read, NotParsable is raised.
    """
    members = list(members_of(model))
    namespace: dict[str, Any] = {
        "new": model.__new__,
        "model": model,
        "nothing": dict.fromkeys(name for name, _, _ in members),
        "NotParsable": NotParsable,
    }
    lines = [
        "def read(element, emit=None, unreadable=None):",
        " values = nothing.copy()",
        f" if emit is not None: emit(f'{BEGIN}{{element.tag}}{TEXT}')",
        " for child in element:",
        "  tag = child.tag",
        *(line for i, member in enumerate(members) for line in _reading(i, *member, namespace)),
        "  else: raise KeyError(tag)",
        f" if emit is not None: emit('{END}')",
        " made = new(model)",
        # WHY: a receipt has two dozen models, and a call of each constructor would cost time.
        " made.__dict__ = values",
        " return made",
    ]
    return cast("Read", _function("read", model, lines, namespace))


def _reading(
    index: int, name: str, tag: str, kind: Any, namespace: dict[str, Any]
) -> Iterator[str]:
    """Yield the lines that read a child which is this member; add their names to `namespace`."""
    yield f"  {'elif' if index else 'if'} tag == {tag!r}:"
    if issubclass(kind, ComplexModel):
        namespace[f"read_{index}"] = reader(kind)
        before = f"*(values[{name!r}] or ()), "
        child = f"read_{index}(child, emit, unreadable)"
        yield f"   values[{name!r}] = {f'[{before}{child}]' if _is_many(kind) else child}"
        return
    assert not _is_many(kind)
    parse = namespace[f"parse_{index}"] = _simple(kind)[0]
    yield "   text = child.text or ''"
    if parse is str:
        yield f"   values[{name!r}] = text"
    else:
        yield f"   try: values[{name!r}] = parse_{index}(text)"
        yield "   except (ValueError, OverflowError) as error:"
        if issubclass(kind, Date | DateTime):
            yield "    if unreadable is None: raise NotParsable(tag) from error"
            yield "    unreadable(tag)"
        else:
            yield "    raise NotParsable(tag) from error"
    yield f"   if emit is not None: emit(f'{BEGIN}{tag}{TEXT}{{text}}{END}')"


@cache
def writer(model: Any) -> Write:
    """Return the function that converts a `model` to text: its members as elements.

    Members that are None are left out.  The function raises NotSerializable for a text that XML
    cannot carry, or an amount out of range.
    """
    namespace = {"joined": _joined, "NotSerializable": NotSerializable}
    lines = [
        "def write(instance):",
        " parts = []",
        *_lines(model, "instance", 1, namespace),
        " return joined(parts)",
    ]
    return cast("Write", _function("write", model, lines, namespace))


def _lines(model: Any, instance: str, depth: int, namespace: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that write the variable `instance`; add their names to `namespace`.

    They append parts in threes, as `_joined` expects: markup, a text or "", markup or "".
    """
    pad, get, value = " " * depth, f"get_{depth}", f"value_{depth}"
    yield f"{pad}{get} = {instance}.__dict__.get"
    for name, tag, kind in members_of(model):
        yield f"{pad}{value} = {get}({name!r})"
        yield f"{pad}if {value} is not None:"
        if not issubclass(kind, ComplexModel):
            yield from _text_lines(kind, tag, value, depth + 1, namespace)
        elif _is_many(kind):
            yield f"{pad} for each_{depth} in {value}:"
            yield from _element_lines(kind, tag, f"each_{depth}", depth + 2, namespace)
        else:
            yield from _element_lines(kind, tag, value, depth + 1, namespace)


def _element_lines(
    kind: Any, tag: str, instance: str, depth: int, namespace: dict[str, Any]
) -> Iterator[str]:
    pad = " " * depth
    yield f"{pad}parts += '<{tag}>', '', ''"
    yield from _lines(kind, instance, depth, namespace)
    yield f"{pad}parts += '</{tag}>', '', ''"


def _text_lines(
    kind: Any, tag: str, value: str, depth: int, namespace: dict[str, Any]
) -> Iterator[str]:
    assert not _is_many(kind)
    pad, (parse, serialize) = " " * depth, _simple(kind)
    if parse is not str:
        namespace[serialize.__name__] = serialize
        yield f"{pad}try: {value} = {serialize.__name__}({value})"
        yield f"{pad}except ValueError as error: raise NotSerializable({tag!r}) from error"
    yield f"{pad}parts += '<{tag}>', {value}, '</{tag}>'"


def _function(name: str, model: Any, lines: list[str], namespace: dict[str, Any]) -> Any:
    """Return the function of this name compiled from its lines, as dataclasses compile methods.

    WHY: a loop over the members takes up to three times as long.
    """
    made: dict[str, Any] = {}
    code = compile("\n".join(lines), f"{__file__}:{model.__name__}", "exec")
    exec(code, namespace, made)  # noqa: S102  # its text comes from our own models alone
    return made[name]


def members_of(model: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the attribute, the tag and the type of each member, in the contract's order."""
    for name, kind in model.get_flat_type_info(model).items():
        yield name, kind.Attributes.sub_name or name, kind


def _is_many(kind: Any) -> bool:
    return bool(kind.Attributes.max_occurs > 1)


def _joined(parts: list[str]) -> str:
    """Return parts in threes (see `_lines`) as one text, with its special characters escaped."""
    # WHY: few messages have a special character, so one search saves escaping each text.
    if _SPECIAL.search("".join(parts[1::3])):
        for i in range(1, len(parts), 3):
            parts[i] = _escaped(parts[i], parts[i - 1])
    return "".join(parts)


def _escaped(text: str, markup: str) -> str:
    if _IMPOSSIBLE.search(text):
        raise NotSerializable(markup.strip("<>"))
    return text.translate(_ESCAPES)


def _simple(kind: Any) -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    return next(pair for base, pair in SIMPLE.items() if issubclass(kind, base))
