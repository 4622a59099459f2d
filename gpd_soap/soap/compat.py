"""Lets Spyne 2.14, its last release, be imported on every Python we support.

WHY: Spyne carries a copy of six whose importer speaks a protocol that Python 3.12 removed, so that
`import spyne` ends in "No module named 'spyne.util.six.moves'". A finder of today's kind answers
before it, out of six's own register, on 3.11 as well: one way for all.
(The module cgi, which Spyne wants and 3.13 dropped, comes from the package legacy-cgi.)
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

SIX = "spyne.util.six"


class _Moves(MetaPathFinder, Loader):
    """Finds what Spyne's six has moved, as `spyne.util.six.moves` and below."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        known = name.startswith(f"{SIX}.") and name in self._importer.known_modules
        return ModuleSpec(name, self) if known else None

    def exec_module(self, module: ModuleType) -> None:
        # WHY: the import system takes what it then finds in sys.modules, so that the standard
        # library's module, which keeps its own __spec__, is shared rather than copied.
        moved = self._importer.known_modules[module.__name__]
        sys.modules[module.__name__] = moved._resolve() if hasattr(moved, "_resolve") else moved

    @property
    def _importer(self) -> Any:
        return sys.modules[SIX]._importer


def prepare() -> None:
    """Make `import spyne` possible; to be called before it, any number of times.

    `gpd_soap.soap` calls it once, so that no module of that package can come too early.
    """
    if not any(isinstance(finder, _Moves) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Moves())
