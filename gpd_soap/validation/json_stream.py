"""Reads a JSON text in UTF-8 piece by piece, as strictly as `strict_json`.

The reader holds one value and what was read ahead.  LIMIT: at a mistake it reads the rest of the
file, because the value may only be cut.
"""

from __future__ import annotations

import codecs
import json
from typing import IO

from gpd_soap.validation.strict_json import DECODER, UnusableFile, too_deep, too_long

#: LIMIT: bytes that are read at once; a position has fewer.
CHUNK = 1 << 16
_BLANKS = " \t\n\r"


class JsonReader:
    """The rest of a text; each method reads on, and raises UnusableFile where it is not JSON."""

    def __init__(self, file: IO[bytes]) -> None:
        """Begin at the present position of a file, which may have a byte order mark there."""
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._bytes = 0
        self._text, self._index = "", 0
        self._line, self._column = 1, 1
        self._more()
        self._text = self._text.removeprefix("\ufeff")

    def peek(self) -> str:
        """Return the next character that is not blank, or nothing at the end."""
        while True:
            while self._index < len(self._text):
                if self._text[self._index] not in _BLANKS:
                    return self._text[self._index]
                self._index += 1
            if not self._more():
                return ""

    def skip(self, character: str) -> None:
        """Read over a character."""
        if self.peek() != character:
            raise self._broken(self._index)
        self._index += 1

    def key(self) -> object:
        """Return the name of a member, and read over the colon after it."""
        if self.peek() != '"':
            raise self._broken(self._index)
        name = self.value()
        self.skip(":")
        return name

    def value(self) -> object:
        """Return the next value."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._index)
            except json.JSONDecodeError as error:
                if not self._more():
                    raise self._broken(error.pos) from None
            except RecursionError:
                raise too_deep() from None
            except ValueError:
                raise too_long() from None
            else:
                # WHY: a number at the end of what was read may have more digits.
                if end < len(self._text) or not self._more():
                    self._index = end
                    return value

    def end(self) -> None:
        """Read the blanks at the end."""
        if self.peek():
            raise self._broken(self._index)

    def _more(self) -> bool:
        """Read more of the file; return whether there was more.

        What is read doubles while a value is not complete, so that a long one costs linear time.
        """
        chunk = self._file.read(max(CHUNK, len(self._text) - self._index))
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            position = self._bytes - pending + error.start
            raise UnusableFile(f"expected UTF-8 at byte {position}") from None
        if not chunk:
            return False
        self._bytes += len(chunk)
        self._line, self._column = self._position(self._index)
        self._text, self._index = self._text[self._index :] + text, 0
        return True

    def _broken(self, index: int) -> UnusableFile:
        line, column = self._position(index)
        return UnusableFile(f"expected JSON at line {line}, column {column}")

    def _position(self, index: int) -> tuple[int, int]:
        """Return the line and the column of an index of the text."""
        lines = self._text.count("\n", 0, index)
        if not lines:
            return self._line, self._column + index
        return self._line + lines, index - self._text.rfind("\n", 0, index)
