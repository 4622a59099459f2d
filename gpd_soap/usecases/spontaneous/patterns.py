"""Parses the patterns of XML Schema to expressions, whose work `ambiguity` bounds.

A character class is a set of ASCII characters and one bit for all others.  So two classes may seem
to overlap though they do not, but never the reverse.
SPEC: XML Schema Part 2, appendix F.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from gpd_soap.usecases.spontaneous.ambiguity import Choice, Node, Repeat, Sequence, Symbol

ASCII = 128
OTHERS = 1 << ASCII
EVERY = (OTHERS << 1) - 1
#: LIMIT: characters of a pattern, and levels of nested groups.
LONGEST, DEEPEST = 4000, 30

QUANTITY = re.compile(r"\{([0-9]{1,6})(?:(,)([0-9]{1,6})?)?\}")
PROPERTY = re.compile(r"\{([A-Za-z][A-Za-z0-9-]{0,60})\}")
SIGNS = {"?": (0, 1), "*": (0, None), "+": (1, None)}
SPECIAL = set("\\|.?*+(){}[]")
CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


class NotAPattern(ValueError):
    """A text is not a pattern of XML Schema, or exceeds a limit."""


def parse(text: str) -> Node:
    """Return the expression of a pattern.

    Raises NotAPattern if the text is not a pattern, or is too long or nested too deeply.
    """
    if len(text) > LONGEST:
        raise NotAPattern
    reader = _Reader(text)
    node = reader.choice(0)
    if reader.peek():
        raise NotAPattern
    return node


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._index = text, 0

    def peek(self) -> str:
        return self._text[self._index : self._index + 1]

    def take(self) -> str:
        character = self.peek()
        if not character:
            raise NotAPattern
        self._index += 1
        return character

    def choice(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise NotAPattern
        branches = [self._branch(depth)]
        while self.peek() == "|":
            self.take()
            branches.append(self._branch(depth))
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _branch(self, depth: int) -> Node:
        pieces: list[Node] = []
        while self.peek() not in ("", "|", ")"):
            pieces.append(self._quantified(self._atom(depth)))
        return Sequence(tuple(pieces))

    def _atom(self, depth: int) -> Node:
        character = self.take()
        if character == "(":
            inner = self.choice(depth + 1)
            if self.take() != ")":
                raise NotAPattern
            return inner
        if character == "[":
            return Symbol(self._class(depth))
        if character == "\\":
            return Symbol(self._escape())
        if character == ".":
            return Symbol(EVERY & ~bits_of("\n\r"))
        if character in SPECIAL:
            raise NotAPattern
        return Symbol(bits_of(character))

    def _quantified(self, atom: Node) -> Node:
        sign = self.peek()
        if sign in SIGNS and sign:
            self.take()
            return Repeat(atom, *SIGNS[sign])
        if sign != "{":
            return atom
        match = QUANTITY.match(self._text, self._index)
        if match is None:
            raise NotAPattern
        self._index = match.end()
        least = int(match[1])
        if match[2] is None:
            return Repeat(atom, least, least)
        return Repeat(atom, least, None if match[3] is None else int(match[3]))

    def _class(self, depth: int) -> int:
        """Return the set of a class in brackets; the opening bracket is read already."""
        if depth > DEEPEST:
            raise NotAPattern
        negative = self.peek() == "^"
        if negative:
            self.take()
        bits, exact, first = 0, True, True
        while first or self.peek() != "]":
            first = False
            if self._text.startswith("-[", self._index):
                self._index += 2
                without = self._class(depth + 1)
                if self.take() != "]":
                    raise NotAPattern
                # WHY: the set has one bit for all other characters, so none of them can be removed.
                return (_complement(bits) if negative else bits) & ~(without & ~OTHERS)
            member, member_exact = self._member()
            bits, exact = bits | member, exact and member_exact
        self.take()
        if negative:
            return _complement(bits) if exact else EVERY
        return bits

    def _member(self) -> tuple[int, bool]:
        """Return the set of a character, a range or an escape, and if its ASCII part is exact."""
        character = self.take()
        if character == "\\":
            following = self.peek()
            if following not in CONTROLS and following.isalpha():
                return self._escape(), not self._text.startswith(("{Is",), self._index)
            character = self._single()
        elif character == "[":
            raise NotAPattern
        after = self._text[self._index : self._index + 2]
        if not after.startswith("-") or after in ("-]", "-["):
            return bits_of(character), True
        self.take()
        end = self.take()
        if end == "\\":
            end = self._single()
        if end < character:
            raise NotAPattern
        low, high = ord(character), ord(end)
        bits = sum(1 << code for code in range(low, min(high + 1, ASCII)))
        return bits | (OTHERS if high >= ASCII else 0), True

    def _single(self) -> str:
        """Return the character that an escape means; the backslash is read already."""
        character = self.take()
        return CONTROLS.get(character, character)

    def _escape(self) -> int:
        """Return the set that an escape means; the backslash is read already."""
        character = self.take()
        if character in "pP":
            named = PROPERTY.match(self._text, self._index)
            if named is None:
                raise NotAPattern
            self._index = named.end()
            return _property(named[1], negative=character == "P")
        if character in CONTROLS:
            return bits_of(CONTROLS[character])
        if character.lower() in "sicdw":
            return _many(character)
        if character.isalnum():
            raise NotAPattern
        return bits_of(character)


def bits_of(characters: str) -> int:
    """Return the set of these characters."""
    bits = 0
    for character in characters:
        bits |= 1 << min(ord(character), ASCII)
    return bits


def _complement(bits: int) -> int:
    return (EVERY & ~bits) | OTHERS


@cache
def _property(name: str, *, negative: bool) -> int:
    if name.startswith("Is"):
        return EVERY
    if len(name) > len("Lu"):
        raise NotAPattern
    inside = [c for c in map(chr, range(ASCII)) if unicodedata.category(c).startswith(name)]
    bits = bits_of("".join(inside)) | OTHERS
    return _complement(bits) if negative else bits


@cache
def _many(letter: str) -> int:
    ascii_characters = "".join(map(chr, range(ASCII)))
    by_name = {
        "s": " \t\n\r",
        "d": "0123456789",
        "i": "".join(c for c in ascii_characters if c.isalpha() or c in "_:"),
        "c": "".join(c for c in ascii_characters if c.isalnum() or c in "-._:"),
        # SPEC: XML Schema Part 2, appendix F: \w is all but punctuation, separators and others.
        "w": "".join(c for c in ascii_characters if unicodedata.category(c)[0] not in "PZC"),
    }[letter.lower()]
    bits = bits_of(by_name) | (0 if letter.lower() == "s" else OTHERS)
    return _complement(bits) if letter.isupper() else bits
