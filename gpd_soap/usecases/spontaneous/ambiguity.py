"""Bounds the work of a backtracking matcher, from the expression alone.

libxml2 matches a pattern facet, and the children of an element, by trying one way after another.
An expression that can read the same text in many ways may take practically unlimited time.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

#: LIMIT: positions of one expression, copies of repetitions included, so that an unusual
#: schema costs bounded time.
MOST_POSITIONS = 1000
#: LIMIT: pairs of a position and a position that may follow it.
MOST_STEPS = 100_000
#: LIMIT: different symbols after one position; more are not compared with each other.
MOST_COMPARED = 64
#: LIMIT: positions of a repetition with a fixed count that is unrolled.
MOST_UNROLLED = 64
#: LIMIT: ways; a larger product is cut to this number.
MANY = 10**9


class Symbol(NamedTuple):
    """One character or one element, as a set of bits.

    Two symbols may match the same input if their bits overlap.
    """

    bits: int


class Sequence(NamedTuple):
    """Parts one after another."""

    parts: tuple[Node, ...]


class Choice(NamedTuple):
    """One of several parts."""

    parts: tuple[Node, ...]


class Repeat(NamedTuple):
    """A part repeated `least` to `most` times; without `most`, any number of times."""

    part: Node
    least: int
    most: int | None


Node = Symbol | Sequence | Choice | Repeat


class Work(NamedTuple):
    """The number of ways to read a text: at most `ways * length ** degree`."""

    ways: int = 1
    degree: int = 0

    def steps(self, length: int) -> int:
        """Return the steps that a text of this length may take."""
        return self.ways * int(length ** (self.degree + 1))

    def times(self, other: Work) -> Work:
        """Return the work if each way of one can be followed by each way of the other."""
        return Work(min(self.ways * other.ways, MANY), self.degree + other.degree)


class Ambiguous(Exception):
    """A repetition can read the same text in ways whose number grows exponentially."""


class TooLong(Exception):
    """An expression has more positions or pairs of positions than the limits allow."""


def work(node: Node) -> Work:
    """Return the work that an expression may take.

    Raises Ambiguous if no power of the length bounds it, and TooLong if the expression exceeds the
    limits.
    """
    positions = _Positions()
    root = positions.read(node, None)
    start = positions.overlapping(root.first)
    return Work(start).times(positions.cost(root))


class _Part(NamedTuple):
    """A part that was read: whether it may be empty, its first and last positions, its tree."""

    empty: bool
    first: tuple[int, ...]
    last: tuple[int, ...]
    tree: _Tree


class _Tree(NamedTuple):
    """A part for the count of its cost: a position, an outermost loop, a sequence or a choice."""

    kind: str
    own: int = 0
    parts: tuple[_Tree, ...] = ()


class _Positions:
    """The positions of an expression: their symbols, followers and outermost loops."""

    def __init__(self) -> None:
        self._bits: list[int] = []
        self._loop: list[int | None] = []
        # WHY: the matcher counts each turn of a counted repetition, so the same pair of positions
        # is another way for each counter.
        self._follow: list[set[tuple[int, int]]] = []
        self._bounds: list[int | None] = []
        self._counted: list[bool] = []
        self._counters = self._steps = self._depth = 0

    def read(self, node: Node, loop: int | None) -> _Part:
        if isinstance(node, Symbol):
            return self._symbol(node, loop)
        if isinstance(node, Repeat):
            counted = node.least > 1 or (node.most or 1) > 1
            self._depth += counted
            part = self._repeat(node, loop)
            self._depth -= counted
            return part
        parts = [self.read(part, loop) for part in node.parts]
        if isinstance(node, Choice):
            first = tuple(p for part in parts for p in part.first)
            last = tuple(p for part in parts for p in part.last)
            tree = _Tree("choice", 0, tuple(part.tree for part in parts))
            return _Part(any(part.empty for part in parts), first, last, tree)
        return self._sequence(parts)

    def _symbol(self, node: Symbol, loop: int | None) -> _Part:
        number = len(self._bits)
        if number >= MOST_POSITIONS:
            raise TooLong
        self._bits.append(node.bits)
        self._loop.append(loop)
        self._counted.append(self._depth > 0)
        self._follow.append(set())
        return _Part(False, (number,), (number,), _Tree("position", number))

    def _sequence(self, parts: list[_Part]) -> _Part:
        joined = _Part(True, (), (), _Tree("sequence"))
        for part in parts:
            self._join(joined.last, part.first, 0)
            joined = _Part(
                joined.empty and part.empty,
                joined.first + part.first if joined.empty else joined.first,
                joined.last + part.last if part.empty else part.last,
                joined.tree,
            )
        return joined._replace(tree=_Tree("sequence", 0, tuple(part.tree for part in parts)))

    def _repeat(self, node: Repeat, loop: int | None) -> _Part:
        if node.most == 0:
            return self._sequence([])
        if node.most == 1:
            once = self.read(node.part, loop)
            return once._replace(empty=once.empty or node.least == 0)
        if node.least == node.most and node.least * size(node.part) <= MOST_UNROLLED:
            return self._sequence([self.read(node.part, loop) for _ in range(node.least)])
        return self._looped(node, loop)

    def _looped(self, node: Repeat, loop: int | None) -> _Part:
        outermost = loop is None
        if loop is None:
            loop = len(self._bounds)
            self._bounds.append(1)
        begun = len(self._bits)
        part = self.read(node.part, loop)
        bound = self._bounds[loop]
        if node.most is None or bound is None:
            self._bounds[loop] = None
        else:
            self._bounds[loop] = min(bound * node.most, MANY)
        counted = node.least > 1 or node.most is not None
        self._counters += counted
        self._join(part.last, part.first, self._counters if counted else 0)
        if outermost:
            kind = "loop" if isinstance(node.part, Symbol) else "group"
            positions = range(begun, len(self._bits))
            part = part._replace(tree=_Tree(kind, loop, tuple(_Tree("", p) for p in positions)))
        return part._replace(empty=part.empty or node.least == 0)

    def _join(self, last: tuple[int, ...], first: tuple[int, ...], counter: int) -> None:
        self._steps += len(last) * len(first)
        if self._steps > MOST_STEPS:
            raise TooLong
        for position in last:
            self._follow[position].update((after, counter) for after in first)

    def overlapping(self, positions: tuple[int, ...]) -> int:
        """Return how many of these positions, at most, one symbol may match."""
        counts = Counter(self._bits[position] for position in positions)
        together = 0
        for bits, count in counts.items():
            if count > 1 or together & bits:
                break
            together |= bits
        else:
            return 1
        if len(counts) > MOST_COMPARED:
            return len(positions)
        return max(sum(n for other, n in counts.items() if other & bits) for bits in counts)

    def cost(self, part: _Part) -> Work:
        return self._cost(part.tree)

    def _cost(self, tree: _Tree) -> Work:
        if tree.kind == "position":
            after = tuple(position for position, _ in self._follow[tree.own])
            return Work(self.overlapping(after))
        if tree.kind in ("loop", "group"):
            return self._cost_of_loop(tree)
        costs = [self._cost(part) for part in tree.parts]
        total = Work()
        for cost in costs:
            if tree.kind == "sequence":
                total = total.times(cost)
            else:
                total = Work(max(total.ways, cost.ways), max(total.degree, cost.degree))
        return total

    def _cost_of_loop(self, tree: _Tree) -> Work:
        ways, leaves = 1, False
        for position in (part.own for part in tree.parts):
            after = [p for p, _ in self._follow[position]]
            inside = tuple(p for p in after if self._loop[p] == tree.own)
            outside = tuple(p for p in after if self._loop[p] != tree.own)
            if self.overlapping(inside) > 1:
                raise Ambiguous
            stays = 0
            for p in inside:
                stays |= self._bits[p]
            leaving = [p for p in outside if self._bits[p] & stays]
            leaves = leaves or bool(leaving)
            # WHY: libxml2 enters a counted part from a loop over a group by several equal
            # transitions, so each turn of the loop doubles the ways.
            if tree.kind == "group" and any(self._counted[p] for p in leaving):
                raise Ambiguous
            ways = max(ways, self.overlapping(outside))
        if not leaves:
            return Work(ways)
        bound = self._bounds[tree.own]
        if bound is None:
            return Work(ways, 1)
        return Work(min(ways * bound * len(tree.parts), MANY))


def size(node: Node) -> int:
    """Return the number of symbols in an expression, as it is written."""
    if isinstance(node, Symbol):
        return 1
    if isinstance(node, Repeat):
        return size(node.part)
    return sum(size(part) for part in node.parts)
