"""Counts what libxml2 would expand a service's schema to, before the schema is compiled.

libxml2 expands a group, a type or a union wherever it is named, so that a few lines can grow
exponentially.  Here each is counted once, whatever the number of references to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from gpd_soap.contract.documents import XSD
from gpd_soap.usecases.spontaneous.ambiguity import (
    Ambiguous,
    Choice,
    Node,
    Repeat,
    Sequence,
    Symbol,
    TooLong,
    Work,
    work,
)
from gpd_soap.usecases.spontaneous.patterns import NotAPattern, parse

#: LIMIT: elements and attributes of one type, its groups and bases included.  The memory of libxml2
#: grows with their square, its time with their cube (0.2 s for 300).
MOST_OF_TYPE = 300
#: LIMIT: elements and attributes of all types, groups and unions of a schema together.
MOST_OF_ALL = 3000
#: LIMIT: levels of nested particles, groups, bases, members of unions and substitutes.
DEEPEST = 50
#: LIMIT: patterns of a schema, and paths of its keys.
MOST_PATTERNS, MOST_PATHS = 100, 20
#: LIMIT: steps that a pattern may take with a text of a thousand characters; libxml2 makes about
#: 25 million in a second.
MOST_STEPS, LENGTH = 20_000_000, 1000

#: LIMIT: characters of a name that is shown.
MOST_SHOWN = 60

PARTICLES = {f"{XSD}{name}" for name in ("sequence", "choice", "all", "group", "element", "any")}
LEAVES = {f"{XSD}{name}" for name in ("any", "attribute")}
DERIVED = (f"{XSD}extension", f"{XSD}restriction")
CONTENTS = {f"{XSD}complexContent", f"{XSD}simpleContent"}
UNIONS = {f"{XSD}union", f"{XSD}list", f"{XSD}simpleType"}
INNER = {*PARTICLES, *DERIVED, *CONTENTS, *UNIONS, f"{XSD}attributeGroup"} - LEAVES
EXPANDED = ("group", "attributeGroup", "simpleType", "complexType")
NAMED = ("group", "attributeGroup", "complexType", "simpleType", "element")


class TooMuch(ValueError):
    """A schema exceeds a limit; the message names the limit and the element that exceeds it."""


def measure(schema: etree._Element) -> Work:
    """Return the work that a text may take, with all patterns of a schema together.

    Raises TooMuch if the schema expands too far, or if a pattern or a type is ambiguous.
    """
    _Expansion(schema).check()
    paths = sum(
        node.get("xpath", "").count("|") + 1
        for node in schema.iter(f"{XSD}selector", f"{XSD}field")
    )
    if paths > MOST_PATHS:
        raise TooMuch(f"expected at most {MOST_PATHS} paths in keys, not {paths}")
    patterns = list(schema.iter(f"{XSD}pattern"))
    if len(patterns) > MOST_PATTERNS:
        raise TooMuch(f"expected at most {MOST_PATTERNS} patterns, not {len(patterns)}")
    costs = [_cost(pattern) for pattern in patterns]
    return Work(sum(cost.ways for cost in costs), max((cost.degree for cost in costs), default=0))


def _cost(pattern: etree._Element) -> Work:
    name = _name(pattern)
    try:
        cost = work(parse(pattern.get("value", "")))
    except NotAPattern:
        raise TooMuch(f"{name}: the pattern cannot be read") from None
    except TooLong:
        raise TooMuch(f"{name}: the pattern is too long") from None
    except Ambiguous:
        raise TooMuch(f"{name}: the pattern repeats what can be read in several ways") from None
    if cost.steps(LENGTH) > MOST_STEPS:
        raise TooMuch(f"{name}: the pattern can be read in too many ways")
    return cost


def _name(node: etree._Element) -> str:
    """Return the name of the node, or of its nearest ancestor that has one."""
    names = (each.get("name") for each in (node, *node.iterancestors()))
    name = next((name for name in names if name), "schema")
    return name if len(name) <= MOST_SHOWN else f"{name[:MOST_SHOWN]}…"


class Size(NamedTuple):
    """The size of an expanded part: its elements, attributes and groups, and their nesting."""

    parts: int
    height: int


class _Expansion:
    """The declarations of a schema by name, and the size of each."""

    def __init__(self, schema: etree._Element) -> None:
        self._schema = schema
        self._declared = {
            kind: {node.get("name", ""): node for node in schema.iterchildren(f"{XSD}{kind}")}
            for kind in NAMED
        }
        self._sizes: dict[tuple[str, str], Size] = {}
        self._bits: dict[str, int] = {}
        self._substitutes = self._find_substitutes()

    def check(self) -> None:
        """Count every type, group and union.

        Raises TooMuch if one of them exceeds a limit.
        """
        total = 0
        for kind in EXPANDED:
            for node in self._schema.iter(f"{XSD}{kind}"):
                count = self._size(node, 0).parts
                if count > MOST_OF_TYPE:
                    rule = f"expected at most {MOST_OF_TYPE} elements and attributes, expanded"
                    raise TooMuch(f"{_name(node)}: {rule}")
                total += count
                if total > MOST_OF_ALL:
                    raise TooMuch(f"expected at most {MOST_OF_ALL} elements in all, expanded")
        for node in self._schema.iter(f"{XSD}complexType"):
            self._check_content(node)

    def _size(self, node: etree._Element, depth: int) -> Size:
        """Return the size of a type, a group or a particle, with everything that it names."""
        if depth > DEEPEST:
            raise _too_deep(node)
        parts = [Size(1, 0), *self._parts(node, depth + 1)]
        total = Size(sum(part.parts for part in parts), 1 + max(part.height for part in parts))
        if depth + total.height > DEEPEST:
            raise _too_deep(node)
        return total

    def _parts(self, node: etree._Element, depth: int) -> Iterator[Size]:
        for kind, name in _named(node):
            yield self._size_of(kind, name, depth)
        for child in node.iterchildren(tag=etree.Element):
            if child.tag == f"{XSD}element":
                yield Size(1 + len(self._substitutes[_local(child.get("ref", ""))]), 0)
            elif child.tag in LEAVES:
                yield Size(1, 0)
            elif child.tag in INNER:
                yield self._size(child, depth)

    def _size_of(self, kind: str, name: str, depth: int) -> Size:
        """Return the size of a declaration by its name; 1 if there is none of this name."""
        node = self._declared[kind].get(_local(name))
        if node is None:
            return Size(1, 0)
        key = (kind, _local(name))
        if key not in self._sizes:
            self._sizes[key] = self._size(node, depth)
        return self._sizes[key]

    def _find_substitutes(self) -> defaultdict[str, list[str]]:
        """Return the names of the elements that may substitute each head element."""
        declared, substitutes = self._declared["element"], defaultdict(list)
        for name, node in declared.items():
            current: etree._Element | None = node
            for _ in range(DEEPEST):
                if current is None or not current.get("substitutionGroup"):
                    break
                head = _local(current.get("substitutionGroup", ""))
                substitutes[head].append(name)
                current = declared.get(head)
            else:
                raise _too_deep(node)
        return substitutes

    def _check_content(self, node: etree._Element) -> None:
        """Check that the content of a type is not ambiguous.

        Raises TooMuch if it is, or if it exceeds a limit.
        """
        try:
            ambiguous = work(Sequence(tuple(self._nodes(node)))) != Work()
        except TooLong:
            raise TooMuch(f"{_name(node)}: its elements can follow in too many orders") from None
        except Ambiguous:
            ambiguous = True
        if ambiguous:
            raise TooMuch(
                f"{_name(node)}: an element can match at several positions of its content"
            )

    def _nodes(self, node: etree._Element) -> list[Node]:
        """Return the particles in a type, a group or a particle, as expressions."""
        nodes: list[Node] = []
        for child in node.iterchildren(tag=etree.Element):
            if child.tag == f"{XSD}complexContent":
                nodes += self._nodes(child)
            elif child.tag in DERIVED:
                base = self._declared["complexType"].get(_local(_own(child, "base")))
                if child.tag == DERIVED[0] and base is not None:
                    nodes += self._nodes(base)
                nodes += self._nodes(child)
            elif child.tag in PARTICLES:
                nodes.append(_repeated(child, self._particle(child)))
        return nodes

    def _particle(self, node: etree._Element) -> Node:
        if node.tag == f"{XSD}any":
            return Symbol(1 if node.get("namespace") == "##other" else -1)
        if node.tag == f"{XSD}element":
            return Symbol(self._bits_of(node))
        if node.tag == f"{XSD}group":
            named = self._declared["group"].get(_local(node.get("ref", "")))
            return Sequence(tuple(self._nodes(node if named is None else named)))
        if node.tag == f"{XSD}choice":
            return Choice(tuple(self._nodes(node)))
        if node.tag == f"{XSD}all":
            return Repeat(Choice(tuple(self._nodes(node))), 0, None)
        return Sequence(tuple(self._nodes(node)))

    def _bits_of(self, node: etree._Element) -> int:
        named = _local(node.get("ref", ""))
        bits = 0
        for name in (node.get("name") or named, *self._substitutes[named]):
            # WHY: the first bit stands for all elements without a name here, which `any` may match.
            bits |= self._bits.setdefault(name, 2 << len(self._bits))
        return bits


def _repeated(node: etree._Element, part: Node) -> Node:
    least, most = (node.get(name, "1").strip() for name in ("minOccurs", "maxOccurs"))
    if most == "unbounded":
        return Repeat(part, int(least) if _is_number(least) else 1, None)
    if not (_is_number(least) and _is_number(most)) or (least, most) == ("1", "1"):
        return part
    return Repeat(part, int(least), int(most))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _named(node: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield the kind and name of each declaration that a node names, without built-in types."""
    if node.tag in (f"{XSD}group", f"{XSD}attributeGroup") and node.get("ref"):
        yield etree.QName(node).localname, node.get("ref", "")
    for attribute in ("base", "itemType"):
        if _own(node, attribute):
            yield "simpleType", _own(node, attribute)
            yield "complexType", _own(node, attribute)
    for name in node.get("memberTypes", "").split():
        yield "simpleType", name


def _too_deep(node: etree._Element) -> TooMuch:
    return TooMuch(f"{_name(node)}: expected at most {DEEPEST} nested parts")


def _own(node: etree._Element, attribute: str) -> str:
    """Return the name in an attribute, empty if it names a built-in type."""
    name = node.get(attribute, "")
    return "" if _builtin(node, name) else name


def _builtin(node: etree._Element, name: str) -> bool:
    prefix = name.rpartition(":")[0].strip() or None
    return f"{{{node.nsmap.get(prefix)}}}" == XSD


def _local(name: str) -> str:
    return name.rpartition(":")[2].strip()
