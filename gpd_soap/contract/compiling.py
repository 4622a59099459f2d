"""Compiled XML schemas: one thread compiles at a time, and one thread uses a copy at a time."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# WHY: libxml2 fills its table of built-in types at a process's first compilation, without a lock:
# two threads that compile first, at once, corrupt it.
_compiling = threading.Lock()


class CompiledSchema:
    """Copies of one compiled schema; more are compiled only when more threads validate at once."""

    def __init__(self, compile_copy: Callable[[], etree.XMLSchema], copies: int = 1) -> None:
        """Compile so many copies now.

        Raises whatever `compile_copy` raises, etree.XMLSchemaParseError for what is no schema.
        """
        self._compile_copy = compile_copy
        self._idle = deque(self._compiled() for _ in range(copies))

    @contextmanager
    def lent(self) -> Iterator[etree.XMLSchema]:
        """A copy that no other thread uses meanwhile.

        Its `error_log` is of what was validated last, so it must be read before the copy is given
        back.
        """
        # WHY: the error log of an XMLSchema belongs to it, and two threads that validate with one
        # mix up their errors.
        try:
            copy = self._idle.pop()
        except IndexError:
            copy = self._compiled()
        try:
            yield copy
        finally:
            self._idle.append(copy)

    def _compiled(self) -> etree.XMLSchema:
        with _compiling:
            return self._compile_copy()
