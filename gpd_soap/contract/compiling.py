"""Compiled XML schemas: one thread compiles at a time, and each copy serves one thread."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# WHY: libxml2 fills its table of built-in types without a lock at the first compilation of a
# process, so two threads that compile at once corrupt it.
_compiling = threading.Lock()


class CompiledSchema:
    """Copies of one compiled schema, at least as many as threads ever validated at once."""

    def __init__(self, compile_copy: Callable[[], etree.XMLSchema], copies: int = 1) -> None:
        """Compile `copies` copies now.

        Raises what `compile_copy` raises, such as etree.XMLSchemaParseError for an invalid schema.
        """
        self._compile_copy = compile_copy
        self._idle = deque(self._compiled() for _ in range(copies))

    @contextmanager
    def exclusive_copy(self) -> Iterator[etree.XMLSchema]:
        """Yield a copy that no other thread uses meanwhile.

        Its `error_log` belongs to the last validation, so it must be read inside the `with` block.
        """
        # WHY: an XMLSchema has one error log, so threads that share it mix their errors.
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
