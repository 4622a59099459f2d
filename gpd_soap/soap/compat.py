"""Makes Spyne 2.14, its last release, importable on every Python that we support.

WHY: Spyne contains a copy of six whose importer uses a protocol that Python 3.12 removed.  There,
`import spyne` ends in "No module named 'spyne.util.six.moves'".  A finder of the current protocol
answers first, from six's own table, on 3.11 too, so that all versions run the same code.
The module cgi, which Spyne imports and Python 3.13 removed, comes from the package legacy-cgi.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

SIX = "spyne.util.six"


class _Moves(MetaPathFinder, Loader):
    """Finds the modules that Spyne's six redirects: `spyne.util.six.moves` and below."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        known = name.startswith(f"{SIX}.") and name in self._importer.known_modules
        return ModuleSpec(name, self) if known else None

    def exec_module(self, module: ModuleType) -> None:
        # WHY: the import system returns the entry of sys.modules, so the standard library's module
        # is shared and keeps its own __spec__.
        moved = self._importer.known_modules[module.__name__]
        sys.modules[module.__name__] = moved._resolve() if hasattr(moved, "_resolve") else moved

    @property
    def _importer(self) -> Any:
        return sys.modules[SIX]._importer


def prepare() -> None:
    """Make `import spyne` work; it must be called first, and may be called again.

    `gpd_soap.soap` calls it when it is imported, so before any of its modules.
    """
    if not any(isinstance(finder, _Moves) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Moves())
